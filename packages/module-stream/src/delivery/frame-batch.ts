import { frameHead } from './frame-text.js';

/** Bodies up to this size are copied into each subscriber's frame; larger ones are one buffer that all frames share. */
const copiedBytes = 4_096;
/** `0x80 | 1`: a whole text message. */
const finalText = 0x81;

/** Bytes for a WebSocket, as one or two buffers. */
export interface EncodedFrames {
  readonly buffers: readonly Buffer[];
  readonly bytes: number;
}

/** A packet for an engine.io socket: its text, for polling, and the same as a WebSocket frame. */
export interface EncodedPacket {
  readonly text: string;
  readonly options: { readonly compress: false; readonly wsPreEncodedFrame: readonly Buffer[] };
  readonly bytes: number;
}

/** Header of an unmasked text message (RFC 6455 §5.2). */
export function writeTextHeader(target: Buffer, payloadBytes: number): number {
  target[0] = finalText;
  if (payloadBytes < 126) {
    target[1] = payloadBytes;
    return 2;
  }
  if (payloadBytes < 65_536) {
    target[1] = 126;
    target.writeUInt16BE(payloadBytes, 2);
    return 4;
  }
  target[1] = 127;
  target.writeUInt32BE(Math.floor(payloadBytes / 2 ** 32), 2);
  target.writeUInt32BE(payloadBytes >>> 0, 6);
  return 10;
}

const headerBytes = (payloadBytes: number): number => (payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10);

/**
 * Frames of one place, encoded once for all its subscribers that share a subscription id. What differs between ids is
 * a short head; a large body is never copied.
 */
export class FrameBatch {
  readonly #bodies: readonly string[];
  #bodyBuffers: readonly Buffer[] | undefined;
  #packetTail: Buffer | undefined;
  readonly #frames = new Map<string, EncodedFrames>();
  readonly #packets = new Map<string, EncodedPacket>();

  /** @param bodies frames without their heads */
  constructor(bodies: readonly string[]) {
    this.#bodies = bodies;
  }

  /** For plain WebSockets: one message for each frame. */
  frames(subscriptionId: string): EncodedFrames {
    let known = this.#frames.get(subscriptionId);
    if (known === undefined) this.#frames.set(subscriptionId, (known = this.#encodeFrames(frameHead(subscriptionId))));
    return known;
  }

  /** For socket.io: one packet with all frames. */
  packet(subscriptionId: string): EncodedPacket {
    let known = this.#packets.get(subscriptionId);
    if (known === undefined) this.#packets.set(subscriptionId, (known = this.#encodePacket(frameHead(subscriptionId))));
    return known;
  }

  #encodeFrames(head: string): EncodedFrames {
    const bodies = (this.#bodyBuffers ??= this.#bodies.map((body) => Buffer.from(body)));
    const headBytes = Buffer.byteLength(head);
    const buffers: Buffer[] = [];
    let bytes = 0;
    let small: Buffer[] = [];
    const flush = (): void => {
      if (small.length > 0) buffers.push(small.length === 1 ? (small[0] as Buffer) : Buffer.concat(small));
      small = [];
    };
    for (const body of bodies) {
      const payloadBytes = headBytes + body.length;
      const isCopied = body.length <= copiedBytes;
      const own = Buffer.allocUnsafe(headerBytes(payloadBytes) + headBytes + (isCopied ? body.length : 0));
      const start = writeTextHeader(own, payloadBytes);
      own.write(head, start);
      if (isCopied) body.copy(own, start + headBytes);
      small.push(own);
      bytes += headerBytes(payloadBytes) + payloadBytes;
      if (isCopied) continue;
      flush();
      buffers.push(body);
    }
    flush();
    return { buffers, bytes };
  }

  #encodePacket(head: string): EncodedPacket {
    const [only] = this.#bodies;
    if (this.#bodies.length !== 1 || only === undefined || only.length <= copiedBytes) return encodePacket(this.#bodies.map((body) => head + body));
    const tail = (this.#packetTail ??= Buffer.from(`${only}]]`));
    const start = `2["frames",[${head}`;
    const startBytes = Buffer.byteLength(start) + 1;
    const payloadBytes = startBytes + tail.length;
    const own = Buffer.allocUnsafe(headerBytes(payloadBytes) + startBytes);
    own.write(`4${start}`, writeTextHeader(own, payloadBytes));
    return { text: `${start}${only}]]`, bytes: own.length + tail.length, options: { compress: false, wsPreEncodedFrame: [own, tail] } };
  }
}

/** Complete frames as plain WebSocket messages. */
export function encodeFrames(frames: readonly string[]): EncodedFrames {
  const encoded = frames.map((frame) => {
    const payloadBytes = Buffer.byteLength(frame);
    const own = Buffer.allocUnsafe(headerBytes(payloadBytes) + payloadBytes);
    own.write(frame, writeTextHeader(own, payloadBytes));
    return own;
  });
  return { buffers: encoded, bytes: encoded.reduce((sum, { length }) => sum + length, 0) };
}

/** Complete frames as the socket.io event `frames` (packet type 2 in an engine.io message, type 4). */
export function encodePacket(frames: readonly string[]): EncodedPacket {
  const text = `2["frames",[${frames.join(',')}]]`;
  const payloadBytes = Buffer.byteLength(text) + 1;
  const own = Buffer.allocUnsafe(headerBytes(payloadBytes) + payloadBytes);
  own.write(`4${text}`, writeTextHeader(own, payloadBytes));
  return { text, bytes: own.length, options: { compress: false, wsPreEncodedFrame: [own] } };
}
