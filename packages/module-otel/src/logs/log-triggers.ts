import { Type, type Static } from '@sinclair/typebox';
import { defineOptions, inTrace, passesLevel, randomHex } from '@motia/engine-core';
import { isMotiaError, messageOf, type Logger, type LogLevel, type Trigger, type TriggerRegistry, type TriggerTypeDefinition } from '@motia/engine-core/contract';
import { viewLog, type LogData } from './log-data.js';

const logTriggerSchema = Type.Object({
  level: Type.Union(['all', 'trace', 'debug', 'info', 'warn', 'error'].map((level) => Type.Literal(level)), { default: 'all', description: 'Records of this level and above; `all` for every one.' }),
});
type LogTriggerConfig = Static<typeof logTriggerSchema>;

/** Calls under way per trigger, and records that wait for a place. */
const mostRunning = 8;
const mostWaiting = 1_000;

interface Subscriber {
  readonly trigger: Trigger<LogTriggerConfig>;
  readonly waiting: LogData[];
  running: number;
}

export interface LogTriggersParts {
  readonly triggers: TriggerRegistry;
  /** Its records must come back here, as those of everybody else do. */
  readonly logger: Logger;
  readonly resource: Readonly<Record<string, string>>;
}

/**
 * The trigger type `log`. What a function that it calls logs, however far down its calls and messages, starts nothing:
 * its traces carry a mark in their ids that nobody else can know. Nor does a print, while such functions run, that cannot be tied to a call.
 */
export class LogTriggers {
  /** Records that found no room. */
  dropped = 0;
  readonly #parts: LogTriggersParts;
  readonly #mark = randomHex(8);
  #subscribers: readonly Subscriber[] = [];
  /** Calls under way, those of triggers that are gone included. */
  #running = 0;
  #isStopped = false;

  constructor(parts: LogTriggersParts) {
    this.#parts = parts;
  }

  get definition(): TriggerTypeDefinition<LogTriggerConfig> {
    return {
      type: 'log',
      description: 'A log record was written',
      config: defineOptions(logTriggerSchema),
      apply: ({ added, removed }) => {
        const gone = new Set(removed.map(({ id }) => id));
        for (const { trigger, waiting } of this.#subscribers) if (gone.has(trigger.id)) waiting.length = 0;
        this.#subscribers = [...this.#subscribers.filter(({ trigger }) => !gone.has(trigger.id)), ...added.map((trigger) => ({ trigger, waiting: [], running: 0 }))];
      },
    };
  }

  /** In the moment a record is written: only puts it in line. `writerTraceId`: of whoever wrote it, whichever trace it is about. */
  take(log: LogData, writerTraceId: string | undefined): void {
    if (this.#subscribers.length === 0 || this.#isStopped || this.#isOfOwn(writerTraceId, log.stream)) return;
    for (const subscriber of this.#subscribers) {
      const { level } = subscriber.trigger.config;
      if (level !== 'all' && !passesLevel(log.level, level as LogLevel)) continue;
      if (subscriber.waiting.length >= mostWaiting) this.dropped += 1;
      else {
        subscriber.waiting.push(log);
        if (subscriber.running < mostRunning && subscriber.waiting.length === 1) queueMicrotask(() => this.#go(subscriber));
      }
    }
  }

  stop(): void {
    this.#isStopped = true;
    for (const { waiting } of this.#subscribers) waiting.length = 0;
  }

  /** What our functions log has the mark. What is printed may be theirs where nobody can tell whose it is. */
  #isOfOwn(traceId: string | undefined, stream: LogData['stream']): boolean {
    return traceId === undefined ? this.#running > 0 && (stream === 'stdout' || stream === 'stderr') : traceId.startsWith(this.#mark);
  }

  #go(subscriber: Subscriber): void {
    while (subscriber.running < mostRunning) {
      const log = subscriber.waiting.shift();
      if (log === undefined) return;
      subscriber.running += 1;
      this.#running += 1;
      void this.#call(subscriber.trigger, log).finally(() => {
        subscriber.running -= 1;
        this.#running -= 1;
        this.#go(subscriber);
      });
    }
  }

  async #call(trigger: Trigger, log: LogData): Promise<void> {
    // A trace of its own with the mark in front; in the trace of the record it would be taken for part of what logged.
    const trace = { traceparent: `00-${this.#mark}${randomHex(24)}-${randomHex(16)}-01` };
    const { triggers, logger, resource } = this.#parts;
    const payload = viewLog(log, resource);
    try {
      if ((await triggers.checkCondition(trigger, payload, { trace })) === 'blocked') return;
      await triggers.open(trigger, payload, { trace }).result;
    } catch (error) {
      // In the trace that is marked, so that this record starts nothing.
      inTrace(logger, trace).warn('A function that follows the log failed; the record is not delivered again', {
        functionId: trigger.functionId, ...(isMotiaError(error) ? { code: error.code } : {}), reason: messageOf(error),
      });
    }
  }
}
