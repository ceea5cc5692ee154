import type { AnswerOf, MessageRow } from '../contract/index.js';
import { previewOf } from './preview.js';

type Failure = AnswerOf<'GET /messages/:id'>['failures'][number];

/** A message as the queue module lists it, with all that it carries. */
export type ListedMessage = Omit<AnswerOf<'GET /messages/:id'>, 'failures'> & { readonly lastFailure?: Failure };

/** A row of the list: the beginning of the data, and what failed last without its stack. The detail has the rest. */
export function messageRow({ data, result: _result, lastFailure, ...rest }: ListedMessage): MessageRow {
  const { stack: _stack, ...failure } = lastFailure ?? { stack: undefined };
  return { ...rest, ...previewOf(data), ...(lastFailure === undefined ? {} : { lastFailure: failure as Omit<Failure, 'stack'> }) };
}
