import type { SpanKind } from '@motia/engine-core/contract';
import type { SpanStatus } from './span-data.js';

/** Where the parts of a record stand that are read without decoding the rest. */
export const Offset = { length: 0, kind: 4, flags: 5, previous: 6, start: 14, end: 22, traceId: 30, spanId: 46, parentId: 54, body: 62 } as const;
export const Flag = { hasParent: 1, isParentRemote: 2, isInternal: 4, isSplit: 8, isRare: 16, isNotable: 32, isFramed: 64 } as const;

export const kinds: readonly SpanKind[] = ['internal', 'server', 'client', 'producer', 'consumer'];
export const statuses: readonly SpanStatus[] = ['unset', 'ok', 'error', 'interrupted'];

/** Compared one by one, the most frequent first: a look-up by text takes longer. */
export function kindNumber(kind: SpanKind): number {
  return kind === 'internal' ? 0 : kind === 'server' ? 1 : kind === 'client' ? 2 : kind === 'producer' ? 3 : 4;
}

export function statusNumber(status: SpanStatus): number {
  return status === 'unset' ? 0 : status === 'ok' ? 1 : status === 'error' ? 2 : 3;
}
