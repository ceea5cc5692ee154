import { isMotiaError, messageOf, type Logger, type MotiaError } from '@motia/engine-core/contract';
import { streamErrors } from '../errors.js';
import type { Place } from './frame-text.js';

/**
 * What kept a subscription from being served goes to the log. Its client could do nothing about it, nor is it to know: the answer says only that it failed. That
 * it asked for too much is its own business.
 */
export function snapshotFailure(logger: Logger, place: Place, thrown: unknown): MotiaError {
  logger.error('A subscription could not be served', { ...place, reason: messageOf(thrown), ...(isMotiaError(thrown) ? { code: thrown.code } : {}) });
  return isMotiaError(thrown, 'MOTIA_STREAM_SNAPSHOT_TOO_LARGE') ? thrown : streamErrors.SNAPSHOT_FAILED({}, thrown);
}
