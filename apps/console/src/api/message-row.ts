import type { AnswerOf, MessageRow } from '../contract/index.js';
import { previewOf } from './preview.js';
import type { StoredData } from './stored-data.js';

type Failure = AnswerOf<'GET /messages/:id'>['failures'][number];

/** A message as the queue module lists it, with all that it carries. */
export type ListedMessage = Omit<AnswerOf<'GET /messages/:id'>, 'failures'> & { readonly lastFailure?: Failure };

/** A row of the list: the beginning of the data as it may be shown, and what failed last without its stack. The detail has the rest. */
export function messageRow(message: ListedMessage, stored: StoredData): MessageRow {
  const { data, result: _result, lastFailure, ...rest } = stored.message(message);
  const { stack: _stack, ...failure } = lastFailure ?? { stack: undefined };
  return { ...rest, ...previewOf(message.data, data), ...(lastFailure === undefined ? {} : { lastFailure: failure as Omit<Failure, 'stack'> }) };
}
