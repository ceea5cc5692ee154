import type { StreamFrame } from '../wire/frames.js';

/** What is known of one item: null when there is none. */
export function nextItem(current: unknown, { event }: StreamFrame): unknown {
  switch (event.type) {
    case 'sync':
    case 'create':
    case 'update':
      return event.data ?? null;
    case 'delete':
      return null;
    default:
      return current;
  }
}
