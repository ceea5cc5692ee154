import type { FrameWriter } from '../framing/frame-writer.js';
import { encodeAnswer, encodeErrorAnswer } from './hot-encoding.js';
import type { EncodedFrame, RawAgreement } from './hot-encoding.js';
import { toRpcError } from './wire-errors.js';

/**
 * Everything that leaves an endpoint. Calls are refused while the peer does not read; answers never are, so past
 * `hardLimitBytes` the peer is given up instead.
 */
export class Outbox {
  agreed: RawAgreement;
  #isClosed = false;

  constructor(
    private readonly writer: FrameWriter,
    agreed: RawAgreement,
    private readonly hardLimitBytes: number,
    private readonly onStuck: (bufferedBytes: number) => void,
  ) {
    this.agreed = agreed;
  }

  /** @throws `MOTIA_PROTOCOL_FRAME_TOO_LARGE` */
  send(frame: EncodedFrame): void {
    if (this.#isClosed) return;
    this.writer.send(frame.envelope, frame.raw);
    const { bufferedBytes } = this.writer;
    if (bufferedBytes > this.hardLimitBytes) this.onStuck(bufferedBytes);
  }

  /** For messages that are short by nature. */
  sendEnvelope(envelope: string): void {
    this.send({ envelope, raw: undefined });
  }

  /** Answers a call; with an error when the value cannot be sent. */
  answer(id: string | number, value: unknown, handlerMs?: number): void {
    try {
      this.send(encodeAnswer(id, value, this.agreed, handlerMs));
    } catch (error) {
      this.answerError(id, error, handlerMs);
    }
  }

  /** `id` null when it could not be read. */
  answerError(id: string | number | null, error: unknown, handlerMs?: number): void {
    this.sendEnvelope(encodeErrorAnswer(id, toRpcError(error), handlerMs));
  }

  close(): void {
    this.#isClosed = true;
  }
}
