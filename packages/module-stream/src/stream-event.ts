/** A change of an item, as the log keeps it and clients get it. */
export interface StreamChangeEvent {
  readonly kind: 'change';
  readonly stream: string;
  readonly group: string;
  readonly item: string;
  readonly type: 'create' | 'update' | 'delete';
  /** Of (stream, group): one more with each change. */
  readonly seq: number;
  /** The change of the group before this one; 0 for the first that its history knows. */
  readonly prevSeq: number;
  /** Names the history that `seq` counts in. */
  readonly epoch: string;
  /** Epoch milliseconds, strictly increasing for each item. */
  readonly timestamp: number;
  /** JSON text: the new item, or the old one of a `delete`. */
  readonly json: string;
  readonly traceId?: string;
}

/** A message of the application to whoever listens now. */
export interface StreamMessageEvent {
  readonly kind: 'message';
  readonly stream: string;
  readonly group: string;
  /** Absent: to the whole group. */
  readonly item?: string;
  /** The application's own name for it. */
  readonly type: string;
  /** JSON text. */
  readonly json: string;
  readonly timestamp: number;
  readonly traceId?: string;
}

export type StreamEvent = StreamChangeEvent | StreamMessageEvent;
