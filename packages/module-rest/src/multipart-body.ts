import type { IncomingMessage } from 'node:http';
import { Busboy, type BusboyFileStream, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { isMotiaError, type ChannelHub, type ChannelRef, type ChannelWriter, type MotiaError } from '@motia/engine-core/contract';
import { BodyPump, type PumpOptions } from './body-pump.js';
import { restErrors, type InputProblem } from './errors.js';
import { FileCheck, type FileRules } from './file-rules.js';
import { addField, formBody, type FormFields } from './form-body.js';
import type { RequestBody } from './http-payload.js';
import type { FormCheck } from './schema-check.js';
import { BODY_WINDOW_BYTES, flowOf } from './streamed-body.js';

/** What one multipart request may bring, beside its limit in bytes. */
export interface UploadLimits {
  readonly fileBytes: number;
  readonly files: number;
  readonly fields: number;
  /** Of one field. */
  readonly fieldBytes: number;
  /** Of all fields together: they are held in memory. */
  readonly allFieldsBytes: number;
}

export interface MultipartOptions extends PumpOptions {
  readonly channels: ChannelHub;
  readonly limits: UploadLimits;
  /** Looks at fields that stand behind a file; those before it are checked with the body. */
  readonly checkForm: FormCheck | undefined;
  /** Files that may come; undefined: any. */
  readonly files: FileRules | undefined;
  readonly sendContinue: (() => void) | undefined;
}

/** Called once, with an error or a body. */
type MultipartDone = (error: MotiaError | undefined, body: RequestBody | undefined) => void;

const headerLimitBytes = 16 * 1024;
const headerLimitCount = 64;

/**
 * Reads `multipart/form-data`. Fields before the first file become the body, and `done` is called when the first file
 * begins or the form ends. Files go to the handler as they arrive, through the channel `files` of its payload: a text
 * frame `{"type":"file","field","filename","content_type"}`, the bytes, and `{"type":"file_end"}`; a field behind a
 * file comes as `{"type":"field","name","value"}`, coerced. One that does not fit the schema ends the channel with
 * `MOTIA_REST_VALIDATION_FAILED`.
 */
export function receiveMultipart(request: IncomingMessage, options: MultipartOptions, done: MultipartDone): void {
  let form: MultipartForm;
  try {
    form = new MultipartForm(request, options, done);
  } catch (error) {
    return done(restErrors.INVALID_BODY({ reason: 'its multipart boundary is missing' }, error), undefined);
  }
  form.start();
}

class MultipartForm {
  readonly #options: MultipartOptions;
  readonly #done: MultipartDone;
  readonly #parser: BusboyInstance;
  readonly #pump: BodyPump;
  readonly #files: FileCheck | undefined;
  readonly #fields = Object.create(null) as FormFields;
  #fieldBytes = 0;
  #writer: ChannelWriter | undefined;
  /** What goes through the channel, one after another. */
  #tail: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(request: IncomingMessage, options: MultipartOptions, done: MultipartDone) {
    this.#options = options;
    this.#done = done;
    const { limits, files } = options;
    this.#files = files === undefined ? undefined : new FileCheck(files);
    this.#parser = new Busboy({
      headers: request.headers as BusboyHeaders,
      limits: { fileSize: limits.fileBytes, files: limits.files, fields: limits.fields, fieldSize: limits.fieldBytes, headerSize: headerLimitBytes, headerPairs: headerLimitCount },
    });
    this.#pump = new BodyPump(request, options, (chunk) => this.#feed(chunk), (error) => (error === undefined ? this.#parser.end() : this.failed(error)));
  }

  start(): void {
    const { limits, sendContinue } = this.#options;
    const tooMany = (what: string, limit: number) => (): void => this.failed(restErrors.TOO_MANY_PARTS({ what, limit }));
    this.#parser
      .on('field', (name, value, _nameTruncated, isTruncated) => this.#field(name, value, isTruncated))
      .on('file', (field, stream, filename, _encoding, contentType) => this.#file(field, stream, filename, contentType))
      .on('filesLimit', tooMany('files', limits.files))
      .on('fieldsLimit', tooMany('fields', limits.fields))
      .on('error', (error) => this.failed(restErrors.INVALID_BODY({ reason: 'it is not well-formed multipart/form-data' }, error)))
      .on('finish', () => this.#finished());
    this.#pump.start();
    sendContinue?.();
  }

  #feed(chunk: Buffer): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    return new Promise((resolve) => void this.#parser.write(chunk, () => resolve()));
  }

  #field(name: unknown, value: string, isTruncated: boolean): void {
    if (this.#isOver) return;
    if (typeof name !== 'string') return this.failed(restErrors.INVALID_BODY({ reason: 'a part of the form has no name' }));
    const { fieldBytes, allFieldsBytes } = this.#options.limits;
    this.#fieldBytes += Buffer.byteLength(name) + Buffer.byteLength(value);
    if (isTruncated) return this.failed(restErrors.BODY_TOO_LARGE({ limitBytes: fieldBytes, receivedBytes: fieldBytes + 1, part: name.slice(0, 100) }));
    if (this.#fieldBytes > allFieldsBytes) return this.failed(restErrors.BODY_TOO_LARGE({ limitBytes: allFieldsBytes, receivedBytes: this.#fieldBytes, part: 'all fields' }));
    const writer = this.#writer;
    try {
      addField(this.#fields, name, value);
      if (writer === undefined) return;
      const checked = this.#checkedLate(name, value);
      this.#send(() => writer.write(JSON.stringify({ type: 'field', name, value: checked })));
    } catch (error) {
      this.failed(error as MotiaError);
    }
  }

  /** The value of a field behind a file as the schema wants it. @throws `MOTIA_REST_VALIDATION_FAILED` */
  #checkedLate(name: string, value: string): unknown {
    const { checkForm } = this.#options;
    if (checkForm === undefined) return value;
    const { problems, value: fields } = checkForm(this.#fields);
    if (problems !== undefined) throw restErrors.VALIDATION_FAILED(problems);
    const coerced = (fields as Readonly<Record<string, unknown>>)[name];
    return Array.isArray(coerced) ? (coerced as unknown[]).at(-1) : coerced;
  }

  #file(field: unknown, stream: BusboyFileStream, filename: unknown, contentType: string): void {
    // A part that ends early reports it on its stream; the parser reports it too.
    stream.on('error', () => undefined);
    if (this.#isOver) return void stream.resume();
    if (typeof field !== 'string') return this.failed(restErrors.INVALID_BODY({ reason: 'a part of the form has no name' }));
    const problem = this.#files?.next(field, contentType);
    if (problem !== undefined) return this.#refuseFile(stream, problem);
    const writer = this.#openChannel();
    const head = JSON.stringify({ type: 'file', field, filename: typeof filename === 'string' ? filename : '', content_type: contentType });
    this.#send(async () => {
      await writer.write(head);
      for await (const chunk of stream) await writer.write(chunk as Buffer);
      const { fileBytes: limitBytes } = this.#options.limits;
      if (stream.truncated) throw restErrors.BODY_TOO_LARGE({ limitBytes, receivedBytes: limitBytes + 1, part: field.slice(0, 100) });
      await writer.write('{"type":"file_end"}');
    });
  }

  #refuseFile(stream: BusboyFileStream, problem: InputProblem): void {
    stream.resume();
    this.failed(restErrors.VALIDATION_FAILED([problem]));
  }

  /** At the first file: the handler can begin. */
  #openChannel(): ChannelWriter {
    if (this.#writer !== undefined) return this.#writer;
    const { channels } = this.#options;
    const { reader, writer: ref } = channels.create({ bufferBytes: BODY_WINDOW_BYTES });
    const writer = (this.#writer = channels.openWriter(ref));
    this.#announce(reader);
    return writer;
  }

  #announce(files: ChannelRef | undefined): void {
    // Fields that come later must not appear in a payload that may be written at any time.
    const body = formBody({ __proto__: null, ...this.#fields } as unknown as FormFields);
    if (files === undefined || this.#writer === undefined) return this.#done(undefined, body);
    const flow = flowOf(this.#pump, this.#writer);
    this.#done(undefined, { ...body, links: { files }, flow });
  }

  #send(action: () => Promise<void>): void {
    this.#tail = this.#tail.then(action).catch((error: unknown) => this.failed(isMotiaError(error) ? error : restErrors.INVALID_BODY({ reason: 'it ended in the middle of a file' }, error)));
  }

  #finished(): void {
    if (this.#isOver) return;
    const missing = this.#files?.missing() ?? [];
    if (missing.length > 0) return this.failed(restErrors.VALIDATION_FAILED(missing));
    if (this.#writer === undefined) {
      this.#isOver = true;
      return this.#announce(undefined);
    }
    void this.#tail.then(() => {
      this.#isOver = true;
      this.#writer?.close();
    });
  }

  failed(error: MotiaError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pump.stop();
    if (this.#writer === undefined) this.#done(error, undefined);
    else this.#writer.close(error);
  }
}
