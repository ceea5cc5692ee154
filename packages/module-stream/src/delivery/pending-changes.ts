import type { StreamChangeEvent } from '../stream-event.js';

/** A change as a subscriber that missed those before it must see it. */
export interface MergedChange {
  readonly event: StreamChangeEvent;
  readonly type: StreamChangeEvent['type'];
}

interface Entry extends MergedChange {
  /** Whether the subscriber knows the item from before. */
  readonly isKnown: boolean;
}

/** What an entry costs beside its text. */
const entryBytes = 200;

/**
 * What one subscriber still has to get, the latest change of each item only. The bodies are shared with every other
 * subscriber that waits for them; `bytes` counts them in full all the same.
 */
export class PendingChanges {
  /** In the order of `seq`: a change moves its item to the end. */
  readonly #entries = new Map<string, Entry>();
  bytes = 0;

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Changes come in the order of `seq`. */
  add(event: StreamChangeEvent): void {
    const earlier = this.#entries.get(event.item);
    const isKnown = earlier?.isKnown ?? event.type !== 'create';
    if (earlier !== undefined) {
      this.bytes -= costOf(earlier.event);
      this.#entries.delete(event.item);
    }
    // To somebody who never heard of the item an update is its creation, and a new creation is an update to who has it.
    const type = event.type === 'delete' ? 'delete' : isKnown ? 'update' : 'create';
    this.#entries.set(event.item, { event, type, isKnown });
    this.bytes += costOf(event);
  }

  /** Takes the oldest ones out, at least one if there is any, more while their texts stay within `maxBytes`. */
  take(maxBytes: number): readonly MergedChange[] {
    const taken: MergedChange[] = [];
    let bytes = 0;
    for (const [item, entry] of this.#entries) {
      bytes += entry.event.json.length;
      if (taken.length > 0 && bytes > maxBytes) break;
      this.#entries.delete(item);
      this.bytes -= costOf(entry.event);
      taken.push(entry);
    }
    return taken;
  }

  clear(): void {
    this.#entries.clear();
    this.bytes = 0;
  }
}

function costOf(event: StreamChangeEvent): number {
  return event.json.length + entryBytes;
}
