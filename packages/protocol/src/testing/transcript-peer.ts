import type { Transport } from '../transport.js';
import { PlainFrameReader } from './frame-reader.js';

export interface PeerMessage {
  readonly message: Readonly<Record<string, unknown>>;
  readonly raw: Buffer | undefined;
}

/** Messages of the subject that no transcript looks at. */
const unwatched = new Set(['telemetry/emit', 'ping']);

/** The scripted side of a transcript: sends what it is told and keeps what comes. */
export class TranscriptPeer {
  readonly #reader = new PlainFrameReader();
  readonly #messages: PeerMessage[] = [];
  readonly #credit = new Map<string, number>();
  #hasEnded = false;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(
    private readonly transport: Transport,
    private readonly patienceMs: number,
  ) {
    transport.onData((chunk) => this.#onData(chunk));
    transport.onEnd(() => {
      this.#hasEnded = true;
      this.#wake();
    });
  }

  send(message: unknown, raw: string | undefined): void {
    const envelope = JSON.stringify(message);
    const envelopeBytes = Buffer.byteLength(envelope);
    if (raw === undefined) return this.sendBytes(`Content-Length: ${envelopeBytes}\r\n\r\n${envelope}`);
    const header = `Content-Length: ${envelopeBytes + Buffer.byteLength(raw)}\r\nContent-Type: application/vnd.motia.raw; envelope=${envelopeBytes}\r\n\r\n`;
    this.sendBytes(header + envelope + raw);
  }

  sendBytes(text: string): void {
    this.transport.write(text);
  }

  end(): void {
    this.transport.end();
  }

  async nextMessage(): Promise<PeerMessage> {
    await this.#until(() => this.#messages.length > 0, 'a message of the subject');
    return this.#messages.shift() as PeerMessage;
  }

  /** Waits for credit and takes it off the account. */
  async credited(channelId: string, atLeast: number): Promise<void> {
    await this.#until(() => (this.#credit.get(channelId) ?? 0) >= atLeast, `${atLeast} bytes of credit for ${channelId}`);
    this.#credit.set(channelId, (this.#credit.get(channelId) ?? 0) - atLeast);
  }

  ended(): Promise<void> {
    return this.#until(() => this.#hasEnded, 'the subject to end its stream');
  }

  /** The promise's value, unless it takes longer than the patience. */
  async patiently<T>(promise: Promise<T>, what: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`waited ${this.patienceMs} ms for ${what}`)), this.patienceMs);
    });
    try {
      return await Promise.race([promise, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    await this.patiently(
      new Promise<void>((resolve) => {
        this.#wake = () => {
          if (condition() || this.#failure !== undefined || this.#hasEnded) resolve();
        };
        this.#wake();
      }),
      what,
    );
    if (this.#failure !== undefined) throw this.#failure;
    if (!condition()) throw new Error(`the subject ended its stream; expected ${what}`);
  }

  #onData(chunk: Uint8Array): void {
    try {
      for (const { envelope, raw } of this.#reader.push(chunk)) this.#keep(JSON.parse(envelope) as PeerMessage['message'], raw);
    } catch (error) {
      this.#failure = error as Error;
    }
    this.#wake();
  }

  #keep(message: PeerMessage['message'], raw: Buffer | undefined): void {
    if (unwatched.has(message['method'] as string)) return;
    if (message['method'] === 'channels/credit') {
      const { channelId, bytes } = message['params'] as { channelId: string; bytes: number };
      this.#credit.set(channelId, (this.#credit.get(channelId) ?? 0) + bytes);
    } else {
      this.#messages.push({ message, raw });
    }
  }
}
