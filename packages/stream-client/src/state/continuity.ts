import type { StreamFrame } from '../wire/frames.js';

/** How far a subscription has come. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/**
 * Where a frame stands to what is known: `next` continues it, `repeated` is known already, `broken` means that something
 * between is missing. A `sync` is always `next`, and what is not counted (messages) is `uncounted`.
 */
export function placeOf(frame: StreamFrame, known: Position | undefined): 'next' | 'repeated' | 'broken' | 'uncounted' {
  if (frame.event.type === 'sync') return 'next';
  const { epoch, seq } = frame;
  if (epoch === undefined || seq === undefined) return 'uncounted';
  if (known === undefined || epoch !== known.epoch) return 'broken';
  if (seq <= known.seq) return 'repeated';
  return (frame.prevSeq ?? seq - 1) <= known.seq ? 'next' : 'broken';
}

/** The position after a counted frame. */
export function positionAfter(frame: StreamFrame): Position | undefined {
  return frame.epoch === undefined || frame.seq === undefined ? undefined : { epoch: frame.epoch, seq: frame.seq };
}
