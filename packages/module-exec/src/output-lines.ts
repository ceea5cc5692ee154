import type { Readable } from 'node:stream';
import type { Clock, LogSink, RunningCall, Timer } from '@motia/engine-core/contract';
import { attributeToCall } from './call-attribution.js';
import { LineSplitter } from './line-splitter.js';
import { TokenBucket } from './token-bucket.js';
import { visibleText } from './visible-text.js';

type Stream = 'stdout' | 'stderr';

export interface OutputOptions {
  readonly clock: Clock;
  readonly logs: LogSink;
  /** Who wrote it, for the record's `source`. */
  readonly source: string;
  readonly linesPerSecond: number;
  /** Put on every record. */
  readonly fields: Readonly<Record<string, unknown>>;
}
/** The worker behind the output, once there is one. */
export interface OutputWorker {
  readonly id: string;
  runningCalls(): readonly RunningCall[];
}

const maxLineBytes = 64 * 1024;
const bytesPerSecond = 1024 * 1024;
/** An unfinished line (a prompt, a progress dot) is shown after this long without more. */
const unfinishedLineMs = 200;
const tailLines = 40;
const tailLineLength = 500;
const tailBytes = 2048;
/** Reading pauses past this much per `readWindowMs`: a flood then slows its own writer, not the engine. */
const readWindowBytes = 8 * 1024 * 1024;
const readWindowMs = 100;
/** First line of a failure that has a code: whoever writes it is about to end. */
const failureLine = /^(?:Error: |MotiaError: )?MOTIA_[A-Z]+_[A-Z_]+: /;
const longestHoldMs = 1_000;
const mostHeldLines = 200;

/**
 * Turns what a process writes into log records: one per line, tied to the call that was running, control characters
 * made visible, at most `linesPerSecond` and 1 MiB per second, the rest counted in one "n lines dropped" record.
 */
export class OutputLines {
  worker: OutputWorker | undefined;
  readonly #splitters: Readonly<Record<Stream, LineSplitter>>;
  readonly #lines: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #tail: string[] = [];
  readonly #pending: Partial<Record<Stream, Timer>> = {};
  readonly #paused: Partial<Record<Stream, Timer>> = {};
  /** End of the newest chunk that had dropped lines: a crash in a flood still shows its last words. */
  #droppedTail: Buffer | undefined;
  #dropped = 0;
  #dropReport: Timer | undefined;
  /** Of a process that has not come up: lines from a coded failure on, which the report of its end will show. */
  #held: { readonly text: string; readonly now: number }[] | undefined;
  #holdTimer: Timer | undefined;
  #holdsFailures = true;

  constructor(private readonly options: OutputOptions) {
    const now = options.clock.monotonicMs();
    this.#lines = new TokenBucket(options.linesPerSecond, options.linesPerSecond, now);
    this.#bytes = new TokenBucket(bytesPerSecond, 4 * bytesPerSecond, now);
    const splitter = (stream: Stream): LineSplitter => new LineSplitter(maxLineBytes, (line, isCut) => this.#take(stream, line, isCut));
    this.#splitters = { stdout: splitter('stdout'), stderr: splitter('stderr') };
  }

  /** Reads a stream to its end. */
  read(stream: Stream, source: Readable): void {
    let windowBytes = 0;
    let windowStartMs = 0;
    source.on('data', (chunk: Buffer) => {
      this.write(stream, chunk);
      const now = this.options.clock.monotonicMs();
      if (now - windowStartMs >= readWindowMs) [windowStartMs, windowBytes] = [now, 0];
      windowBytes += chunk.length;
      if (windowBytes < readWindowBytes) return;
      source.pause();
      this.options.clock.clear(this.#paused[stream]);
      this.#paused[stream] = this.options.clock.setTimeout(() => source.resume(), Math.max(1, windowStartMs + readWindowMs - now));
    });
  }

  write(stream: Stream, chunk: Uint8Array): void {
    const splitter = this.#splitters[stream];
    const droppedBefore = this.#dropped;
    splitter.push(chunk);
    if (stream === 'stderr' && this.#dropped !== droppedBefore) this.#droppedTail = Buffer.from(chunk.subarray(-tailBytes));
    if (splitter.heldBytes === 0 || this.#pending[stream] !== undefined) return;
    this.#pending[stream] = this.options.clock.setTimeout(() => {
      delete this.#pending[stream];
      splitter.flush();
    }, unfinishedLineMs);
  }

  /** A line that is already text: what the process wrote between frames. */
  text(line: string): void {
    const now = this.options.clock.monotonicMs();
    if (this.#admits(line.length, now)) this.#emit('stdout', line, now);
  }

  /** The last lines of stderr, oldest first, for messages about the end of the process. */
  lastLines(): readonly string[] {
    if (this.#droppedTail === undefined) return this.#tail;
    const latest = this.#droppedTail.toString('utf8').split('\n').filter((line) => line !== '');
    return [...this.#tail, ...latest.map((line) => visibleText(line.slice(0, tailLineLength)))].slice(-tailLines);
  }

  /** The process has come up: from now on every line is shown at once. */
  live(): void {
    this.#holdsFailures = false;
    this.#release('info');
  }

  /** Shows what is left; nothing comes after. `isReported`: an error is about to show the last lines. */
  finish({ isReported = false }: { readonly isReported?: boolean } = {}): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      this.options.clock.clear(this.#pending[stream]);
      this.options.clock.clear(this.#paused[stream]);
      this.#splitters[stream].flush();
    }
    this.#release(isReported ? 'debug' : 'info');
    this.options.clock.clear(this.#dropReport);
    this.#reportDropped();
  }

  #take(stream: Stream, bytes: Buffer, isCut: boolean): void {
    const now = this.options.clock.monotonicMs();
    if (!this.#admits(bytes.length, now)) return;
    const text = bytes.toString('utf8');
    if (stream === 'stderr') this.#remember(text);
    const shown = isCut ? `${text}… [line cut at ${maxLineBytes / 1024} KiB]` : text;
    if (stream === 'stderr' && this.#holds(text)) this.#hold(shown, now);
    else this.#emit(stream, shown, now);
  }

  #holds(text: string): boolean {
    return this.#held !== undefined || (this.#holdsFailures && failureLine.test(text));
  }

  #hold(text: string, now: number): void {
    this.#held ??= [];
    this.#held.push({ text, now });
    this.#holdTimer ??= this.options.clock.setTimeout(() => this.#release('info'), longestHoldMs);
    if (this.#held.length >= mostHeldLines) this.#release('info');
  }

  #release(level: 'info' | 'debug'): void {
    this.options.clock.clear(this.#holdTimer);
    this.#holdTimer = undefined;
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const { text, now } of held) this.#emit('stderr', text, now, level);
  }

  #admits(byteLength: number, now: number): boolean {
    if (this.#lines.take(1, now) && this.#bytes.take(byteLength + 1, now)) return true;
    this.#dropped++;
    this.#dropReport ??= this.options.clock.setTimeout(() => this.#reportDropped(), 1_000);
    return false;
  }

  #remember(text: string): void {
    this.#droppedTail = undefined;
    this.#tail.push(visibleText(text.slice(0, tailLineLength)));
    if (this.#tail.length > tailLines) this.#tail.shift();
  }

  #reportDropped(): void {
    this.#dropReport = undefined;
    if (this.#dropped === 0) return;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.options.logs.log({
      level: 'warn',
      time: this.options.clock.now(),
      message: `${dropped} lines dropped: more output than ${this.options.linesPerSecond} lines or ${bytesPerSecond / 1024} KiB per second`,
      source: this.options.source,
      fields: { ...this.options.fields, dropped },
      ...(this.worker === undefined ? {} : { workerId: this.worker.id }),
    });
  }

  #emit(stream: Stream, text: string, now: number, level: 'info' | 'debug' = 'info'): void {
    if (text === '') return;
    const { candidates, ...call } = this.worker === undefined ? {} : attributeToCall(this.worker.runningCalls(), now);
    this.options.logs.log({
      level,
      time: this.options.clock.now(),
      message: visibleText(text),
      source: this.options.source,
      stream,
      ...call,
      ...(this.worker === undefined ? {} : { workerId: this.worker.id }),
      fields: candidates === undefined ? this.options.fields : { ...this.options.fields, candidates },
    });
  }
}
