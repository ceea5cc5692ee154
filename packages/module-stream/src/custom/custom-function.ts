/** What a worker may take over for a stream by registering `stream::<operation>(<stream>)`. */
export type CustomOperation = 'get' | 'set' | 'update' | 'delete' | 'list' | 'list_groups';

/** One operation of one stream that a worker has taken over. */
export interface CustomMark {
  readonly stream: string;
  readonly operation: CustomOperation;
}

export function customFunctionId({ operation, stream }: CustomMark): string {
  return `stream::${operation}(${stream})`;
}

const pattern = /^stream::(get|set|update|delete|list|list_groups)\((.+)\)$/s;

/** What a function stands for; undefined for one of another kind. */
export function parseCustomFunctionId(functionId: string): CustomMark | undefined {
  const [, operation, stream] = pattern.exec(functionId) ?? [];
  return operation === undefined || stream === undefined ? undefined : { stream, operation: operation as CustomOperation };
}
