import { isMotiaError, messageOf, MotiaError } from '@motia/engine-core/contract';
import { streamErrors } from '../errors.js';

/** What the reference system answers when the function fails; what it does not have answers only our codes. */
export const legacyCodes = {
  'stream::set': 'STREAM_SET_ERROR',
  'stream::get': 'STREAM_GET_ERROR',
  'stream::delete': 'STREAM_DELETE_ERROR',
  'stream::list': 'STREAM_GET_GROUP_ERROR',
  'stream::list_groups': 'STREAM_LIST_GROUPS_ERROR',
  'stream::list_all': 'STREAM_LIST_ALL_ERROR',
  'stream::send': 'STREAM_SEND_ERROR',
  'stream::update': 'STREAM_UPDATE_ERROR',
  'stream::reset_storage': undefined,
} as const;
export type StreamFunctionId = keyof typeof legacyCodes;

/** The error as the function answers it: with the old code beside ours. */
export function withLegacyCode(functionId: StreamFunctionId, error: unknown): MotiaError {
  const legacyCode = legacyCodes[functionId];
  if (!isMotiaError(error)) return streamErrors.ACCESS_FAILED({ functionId, ...(legacyCode === undefined ? {} : { legacyCode }), problem: messageOf(error) }, error);
  const { details } = error;
  if (legacyCode === undefined || (typeof details === 'object' && details !== null && 'legacyCode' in details)) return error;
  const { code, message, hint, retryable, status, cause, stack } = error;
  return new MotiaError({ code, message, hint, retryable, status, cause, stack, details: { ...(typeof details === 'object' ? details : {}), legacyCode } });
}
