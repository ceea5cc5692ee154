import type { ChannelReader, ChannelRef } from '@motia/protocol';
import type { EngineConnection } from '../context/invocation-scope.js';
import { ByteSource, type ByteStream } from './byte-stream.js';

/** One file of a multipart form. Read it before you go on to the next one; what is left of it is skipped then. */
export interface UploadedFile extends ByteStream {
  /** Name of the form field. */
  readonly field: string;
  /** As the client says, without folders; empty when it says none. Never a path to trust. */
  readonly filename: string;
  /** As the client says. */
  readonly contentType: string;
}

type Frame =
  | { readonly type: 'file'; readonly field: string; readonly filename: string; readonly content_type: string }
  | { readonly type: 'file_end' }
  | { readonly type: 'field'; readonly name: string; readonly value: unknown };

/** The files of a form, in order, while they arrive. `onField` gets the fields that stand behind a file. */
export async function* uploadedFiles(connection: EngineConnection, ref: ChannelRef, onField: (name: string, value: unknown) => void): AsyncGenerator<UploadedFile> {
  const reader = await connection.openReader(ref);
  try {
    for (let next = await reader.next(); next.done !== true; next = await reader.next()) {
      if (typeof next.value !== 'string') continue;
      const frame = JSON.parse(next.value) as Frame;
      if (frame.type === 'field') onField(frame.name, frame.value);
      if (frame.type !== 'file') continue;
      const file = new ArrivingFile(frame, reader);
      yield file;
      await file.skip();
    }
  } finally {
    reader.cancel();
  }
}

class ArrivingFile extends ByteSource implements UploadedFile {
  readonly field: string;
  readonly filename: string;
  readonly contentType: string;
  readonly #reader: ChannelReader;
  #hasEnded = false;

  constructor(frame: Frame & { readonly type: 'file' }, reader: ChannelReader) {
    super(`The file "${frame.filename}"`, () => this.#pieces());
    this.field = frame.field;
    this.filename = frame.filename;
    this.contentType = frame.content_type;
    this.#reader = reader;
  }

  async skip(): Promise<void> {
    while (!this.#hasEnded) await this.#piece();
  }

  async *#pieces(): AsyncGenerator<Uint8Array> {
    for (let piece = await this.#piece(); piece !== undefined; piece = await this.#piece()) yield piece;
  }

  /** Undefined at the end of the file, whose last frame is text. */
  async #piece(): Promise<Uint8Array | undefined> {
    if (this.#hasEnded) return undefined;
    const { done, value } = await this.#reader.next();
    if (done !== true && typeof value !== 'string') return value;
    this.#hasEnded = true;
    return undefined;
  }
}
