const marker = Buffer.from('content-length:');

/** What a chunk turned out to be. */
export interface Probed {
  /** Output that is not protocol. */
  readonly text: Buffer;
  /** From the first frame header on; the probe is done then. */
  readonly frames?: Buffer;
}

/**
 * Watches the first output of a process for the header of a frame. Until it comes everything is text, and a process
 * that never sends one is no worker. At most a header's length is held back, and only while it may be one.
 */
export class ProtocolProbe {
  #held: Buffer = Buffer.alloc(0);

  push(chunk: Uint8Array): Probed {
    const bytes = Buffer.concat([this.#held, chunk]);
    const lowered = Buffer.from(bytes.toString('latin1').toLowerCase(), 'latin1');
    const at = lowered.indexOf(marker);
    if (at !== -1) return { text: bytes.subarray(0, at), frames: bytes.subarray(at) };
    const heldBytes = longestMarkerStart(lowered);
    this.#held = Buffer.from(bytes.subarray(bytes.length - heldBytes));
    return { text: bytes.subarray(0, bytes.length - heldBytes) };
  }

  /** What was held back, at the end of the output or of the patience. */
  rest(): Buffer {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return rest;
  }
}

/** Whether text comes from the program itself: package managers announce what they run, and a worker may follow. */
export function isProgramOutput(text: Buffer): boolean {
  return text.toString('utf8').split('\n').some((line) => !/^\s*(?:$|[>$] |yarn run\b)/.test(line));
}

/** Length of the longest end of the bytes that the marker begins with. */
function longestMarkerStart(bytes: Buffer): number {
  for (let length = Math.min(marker.length - 1, bytes.length); length > 0; length--) {
    if (bytes.subarray(bytes.length - length).equals(marker.subarray(0, length))) return length;
  }
  return 0;
}
