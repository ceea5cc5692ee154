import type { SpanKind } from '@motia/engine-core/contract';
import type { SpanStatus } from './span-data.js';

/** Where the parts of a record stand that are read without decoding the rest. */
export const Offset = { length: 0, kind: 4, flags: 5, previous: 6, start: 14, end: 22, traceId: 30, spanId: 46, parentId: 54, body: 62 } as const;
export const Flag = { hasParent: 1, isParentRemote: 2, isInternal: 4, isSplit: 8, isRare: 16, isNotable: 32, isFramed: 64 } as const;

export const kinds: readonly SpanKind[] = ['internal', 'server', 'client', 'producer', 'consumer'];
export const statuses: readonly SpanStatus[] = ['unset', 'ok', 'error', 'interrupted'];
export const kindNumbers: Readonly<Record<SpanKind, number>> = { internal: 0, server: 1, client: 2, producer: 3, consumer: 4 };
export const statusNumbers: Readonly<Record<SpanStatus, number>> = { unset: 0, ok: 1, error: 2, interrupted: 3 };
