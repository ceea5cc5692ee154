/** A change or a message of one subscription, as the server sends it (docs/reference/stream-protocol.md). */
export interface StreamFrame {
  readonly type: 'stream';
  readonly subscriptionId: string;
  readonly timestamp: number;
  readonly streamName: string;
  readonly groupId: string;
  readonly id: string | null;
  readonly seq?: number;
  readonly prevSeq?: number;
  readonly epoch?: string;
  readonly traceId?: string;
  readonly event: FrameEvent;
}
export type FrameEvent =
  | { readonly type: 'sync'; readonly data: unknown; readonly ids?: readonly string[] }
  | { readonly type: 'create' | 'update' | 'delete'; readonly data: unknown }
  | { readonly type: 'event'; readonly event: { readonly type: string; readonly data: unknown } }
  | { readonly type: 'unauthorized'; readonly code?: string; readonly message?: string };

export type ServerFrame =
  | StreamFrame
  | { readonly type: 'resumed'; readonly subscriptionId: string; readonly epoch: string; readonly seq: number }
  | { readonly type: 'resync'; readonly subscriptionId: string; readonly reason: string }
  | { readonly type: 'error'; readonly code: string; readonly message: string; readonly ref: string | null }
  | { readonly type: 'closing'; readonly code: number; readonly reason: string; readonly reconnectAfterMs?: number }
  | { readonly type: 'pong' };

export interface JoinMessage {
  readonly subscriptionId: string;
  readonly streamName: string;
  readonly groupId: string;
  readonly id?: string;
  readonly epoch?: string;
  readonly lastSeq?: number;
}

const known: ReadonlySet<unknown> = new Set(['stream', 'resumed', 'resync', 'error', 'closing', 'pong']);

/** Reads one message of the server. Undefined for what this version does not know. */
export function parseServerFrame(text: string): ServerFrame | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !known.has((value as { readonly type?: unknown }).type)) return undefined;
  const frame = value as ServerFrame;
  if (frame.type === 'stream' && (typeof frame.event !== 'object' || (frame.event as unknown) === null)) return undefined;
  return frame;
}
