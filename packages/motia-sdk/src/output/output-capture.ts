import type { AsyncLocalStorage } from 'node:async_hooks';
import type { LogEntry } from '@motia/protocol';
import { LineAssembler } from './line-assembler.js';
import { OutputBudget, type OutputLimits } from './output-budget.js';

type StreamName = 'stdout' | 'stderr';

/** What the storage holds while a handler runs. `output` belongs to the capture: start it as `undefined`. */
export interface OutputScope {
  readonly invocationId: string;
  readonly functionId?: string | undefined;
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
  output?: ScopeOutput | undefined;
}

/** Half lines of one invocation, or that it has ended. Opaque to its holder. */
export interface ScopeOutput {
  readonly stdout?: LineAssembler | undefined;
  readonly stderr?: LineAssembler | undefined;
}

export interface OutputCaptureOptions {
  readonly limits?: Partial<OutputLimits>;
  /** Characters after which a line is handed on although its end has not come. Default 65,536. */
  readonly maxLineLength?: number;
  /** Print what is captured as well, for a process whose output is its user's. Default false. */
  readonly echo?: boolean;
  readonly stdout?: NodeJS.WriteStream;
  readonly stderr?: NodeJS.WriteStream;
  readonly now?: () => number;
  readonly monotonicMs?: () => number;
}

export interface OutputCapture {
  /** Emits what the invocation left without a line end. Later output of it is emitted write by write. Cheap when there was none. */
  flushInvocation(scope: OutputScope): void;
  /** Lines dropped since the start because they came faster than the limits. */
  readonly droppedLines: number;
  /** Puts the original `write` methods back. Idempotent. */
  uninstall(): void;
}

const ended: ScopeOutput = Object.freeze({});
const defaultMaxLineLength = 65_536;

interface MutableOutput {
  stdout?: LineAssembler | undefined;
  stderr?: LineAssembler | undefined;
}

/**
 * Turns what handlers print into log entries: `process.stdout.write`, `process.stderr.write` and with them `console.*`.
 * Inside a scope of `storage`, text becomes one entry per line (`info` for stdout, `error` for stderr) that carries the
 * scope's ids, and with `echo` is printed too. Outside any scope the original `write` gets it untouched. Never throws, and output that `emit` itself
 * prints is never captured.
 */
export function installOutputCapture(
  storage: Pick<AsyncLocalStorage<OutputScope>, 'getStore'>,
  emit: (entry: LogEntry) => void,
  options: OutputCaptureOptions = {},
): OutputCapture {
  const now = options.now ?? Date.now;
  const maxLineLength = options.maxLineLength ?? defaultMaxLineLength;
  const budget = new OutputBudget(
    { linesPerSecond: 5_000, charactersPerSecond: 1024 * 1024, ...options.limits },
    options.monotonicMs ?? (() => performance.now()),
  );
  let isEmitting = false;

  function send(entry: LogEntry): void {
    isEmitting = true;
    try {
      emit(entry);
    } catch {
      // A broken log sink must not break the handler that prints.
    } finally {
      isEmitting = false;
    }
  }

  function entryOf(scope: OutputScope, source: StreamName, level: LogEntry['level'], message: string): LogEntry {
    return {
      level,
      message,
      timestamp: now(),
      source,
      invocationId: scope.invocationId,
      ...(scope.functionId === undefined ? {} : { functionId: scope.functionId }),
      ...(scope.traceId === undefined ? {} : { traceId: scope.traceId }),
      ...(scope.spanId === undefined ? {} : { spanId: scope.spanId }),
    };
  }

  function reportDropped(scope: OutputScope, source: StreamName): void {
    const dropped = budget.takeDropped();
    if (dropped === 0) return;
    const message = `${dropped} ${dropped === 1 ? 'line' : 'lines'} dropped: output came faster than the limit`;
    send({ ...entryOf(scope, source, 'warn', message), data: { dropped } });
  }

  function onLine(scope: OutputScope, source: StreamName, line: string): void {
    if (!budget.admit(line.length)) return;
    reportDropped(scope, source);
    send(entryOf(scope, source, source === 'stdout' ? 'info' : 'error', line));
  }

  function capture(scope: OutputScope, source: StreamName, chunk: string | Uint8Array): void {
    if (scope.output === ended) {
      const assembler = new LineAssembler(maxLineLength, (line) => onLine(scope, source, line));
      assembler.push(chunk);
      assembler.flush();
      return;
    }
    const output = (scope.output ??= {}) as MutableOutput;
    output[source] ??= new LineAssembler(maxLineLength, (line) => onLine(scope, source, line));
    output[source].push(chunk);
  }

  function patch(stream: NodeJS.WriteStream, source: StreamName): () => void {
    const original = stream.write;
    const hadOwn = Object.hasOwn(stream, 'write');
    const patched = function (this: NodeJS.WriteStream, chunk: unknown, encodingOrCallback?: unknown, callback?: unknown): boolean {
      const scope = isEmitting ? undefined : storage.getStore();
      const text = scope === undefined ? undefined : decode(chunk, encodingOrCallback);
      // A chunk that is neither text nor bytes is for the original to refuse.
      if (scope === undefined || text === undefined) return Reflect.apply(original, this, [chunk, encodingOrCallback, callback]) as boolean;
      capture(scope, source, text);
      if (options.echo === true) return Reflect.apply(original, this, [chunk, encodingOrCallback, callback]) as boolean;
      const done = typeof encodingOrCallback === 'function' ? encodingOrCallback : callback;
      if (typeof done === 'function') process.nextTick(done);
      return true;
    };
    stream.write = patched;
    return () => {
      // Somebody patched after us: their chain goes through ours, which then passes everything on.
      if (stream.write !== (patched as unknown)) return;
      if (hadOwn) stream.write = original;
      else Reflect.deleteProperty(stream, 'write');
    };
  }

  let isInstalled = true;
  const getStore = storage.getStore.bind(storage);
  storage = { getStore: () => (isInstalled ? getStore() : undefined) };
  const restore = [patch(options.stdout ?? process.stdout, 'stdout'), patch(options.stderr ?? process.stderr, 'stderr')];

  return {
    flushInvocation(scope) {
      const output = scope.output;
      scope.output = ended;
      if (output === undefined || output === ended) return;
      for (const source of ['stdout', 'stderr'] as const) {
        output[source]?.flush();
        if (output[source] !== undefined) reportDropped(scope, source);
      }
    },
    get droppedLines() {
      return budget.totalDropped;
    },
    uninstall() {
      isInstalled = false;
      for (const undo of restore.splice(0)) undo();
    },
  };
}

function decode(chunk: unknown, encoding: unknown): string | Uint8Array | undefined {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk !== 'string') return undefined;
  if (typeof encoding !== 'string' || encoding === 'utf8' || encoding === 'utf-8') return chunk;
  return Buffer.isEncoding(encoding) ? Buffer.from(chunk, encoding) : undefined;
}
