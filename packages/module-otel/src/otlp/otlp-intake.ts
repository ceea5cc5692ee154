import type { Clock, LogSink, SpanAttributes } from '@motia/engine-core/contract';
import type { SdkMetrics } from '../metrics/sdk-metrics.js';
import type { Recorder } from '../record/recorder.js';
import type { AttributeValue } from '../record/span-data.js';
import type { Redactor } from '../redaction/redactor.js';
import { takeLogs } from './otlp-logs.js';
import { takeMetrics } from './otlp-metrics.js';
import { takeTraces } from './otlp-traces.js';
import { list, record, text } from './otlp-values.js';

/** What became of what workers exported, since the start. */
export interface OtlpCounters {
  readonly accepted: number;
  readonly rejected: number;
  /** Kept with fewer attributes or events than they had. */
  readonly truncated: number;
  /** Kept with other times: theirs lay in the future. */
  readonly adjusted: number;
  /** Why the last of each kind was refused. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** One export while it is taken in: counts what is kept and what is not. */
export interface Intake {
  readonly workerId: string;
  readonly nowMs: number;
  /** False, and counted as refused, when the export holds more than one may. */
  hasRoom(): boolean;
  accept(): void;
  reject(reason: string): undefined;
  truncate(): void;
  adjust(): void;
  /** Attributes of a metric without secrets: nothing that cleans stands between them and whoever keeps them. */
  clean(attributes: Readonly<Record<string, AttributeValue>>): SpanAttributes;
  /** `service.name` of a resource, else the worker's name. */
  serviceOf(resource: unknown): string;
}

/** Items of one export. */
const mostItems = 10_000;
const mostReasons = 32;
/** Characters of an attribute of a metric. */
const longestLabel = 1_024;

export interface OtlpIntakeParts {
  readonly clock: Pick<Clock, 'now'>;
  readonly recorder: Recorder;
  readonly logs: LogSink;
  readonly metrics: SdkMetrics;
  readonly redactor: Redactor;
  /** Undefined takes nothing of that signal. */
  readonly takes: { readonly traces: boolean; readonly metrics: boolean; readonly logs: boolean };
  nameOf(workerId: string): string;
}

/** Takes what workers export as OTLP/JSON. Whatever it holds, nothing is thrown and nothing grows without bounds. */
export class OtlpIntake {
  readonly #parts: OtlpIntakeParts;
  #accepted = 0;
  #rejected = 0;
  #truncated = 0;
  #adjusted = 0;
  readonly #reasons = new Map<string, number>();

  constructor(parts: OtlpIntakeParts) {
    this.#parts = parts;
  }

  get counters(): OtlpCounters {
    return { accepted: this.#accepted, rejected: this.#rejected, truncated: this.#truncated, adjusted: this.#adjusted, reasons: Object.fromEntries(this.#reasons) };
  }

  take(workerId: string, signal: 'traces' | 'metrics' | 'logs', payload: unknown): void {
    const { recorder, logs, metrics, takes } = this.#parts;
    const intake = this.#intake(workerId);
    try {
      if (signal === 'traces' && takes.traces) takeTraces(payload, recorder, intake);
      else if (signal === 'metrics' && takes.metrics) takeMetrics(payload, metrics, intake);
      else if (signal === 'logs' && takes.logs) takeLogs(payload, logs, intake);
    } catch {
      intake.reject('it cannot be read');
    }
  }

  #intake(workerId: string): Intake {
    let left = mostItems;
    const reject = (reason: string): undefined => {
      this.#rejected += 1;
      if (this.#reasons.has(reason) || this.#reasons.size < mostReasons) this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    };
    return {
      workerId,
      nowMs: this.#parts.clock.now(),
      hasRoom: () => {
        left -= 1;
        if (left >= 0) return true;
        reject('one export holds too much');
        return false;
      },
      accept: () => void (this.#accepted += 1),
      reject,
      truncate: () => void (this.#truncated += 1),
      adjust: () => void (this.#adjusted += 1),
      clean: (attributes) => this.#parts.redactor.attributes(attributes, longestLabel),
      serviceOf: (resource) => serviceName(resource)?.slice(0, 256) ?? this.#parts.nameOf(workerId),
    };
  }
}

function serviceName(resource: unknown): string | undefined {
  for (const entry of list(record(resource)['attributes'])) {
    const { key, value } = record(entry);
    if (key === 'service.name') return text(record(value)['stringValue']) || undefined;
  }
  return undefined;
}
