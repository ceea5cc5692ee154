import type { ConsoleLines, LogRecord, OpenSpan, SpanOptions, TelemetrySink } from '@motia/engine-core/contract';
import type { LogIntake } from './logs/log-intake.js';
import type { MetricMeter } from './metrics/meter.js';
import type { OtlpIntake } from './otlp/otlp-intake.js';
import type { Recorder } from './record/recorder.js';
import type { Settings } from './settings.js';

export interface SinkParts {
  readonly settings: Settings;
  readonly recorder: Recorder;
  readonly meter: MetricMeter | undefined;
  readonly logs: LogIntake;
  readonly otlp: OtlpIntake;
}

/** What the engine hands its spans, numbers, logs and the workers' exports to. */
export class Sink implements TelemetrySink {
  readonly isEnabled: boolean;
  readonly consoleLines: ConsoleLines;
  declare readonly meter?: MetricMeter;
  readonly #recorder: Recorder;
  readonly #logs: LogIntake;
  readonly #otlp: OtlpIntake;

  constructor({ settings, recorder, meter, logs, otlp }: SinkParts) {
    this.isEnabled = settings.isEnabled;
    this.consoleLines = settings.console;
    if (meter !== undefined) this.meter = meter;
    this.#recorder = recorder;
    this.#logs = logs;
    this.#otlp = otlp;
  }

  startSpan(name: string, options: SpanOptions): OpenSpan {
    return this.#recorder.startSpan(name, options);
  }

  log(record: LogRecord): void {
    this.#logs.log(record);
  }

  otlp(workerId: string, signal: 'traces' | 'metrics' | 'logs', payload: unknown): void {
    this.#otlp.take(workerId, signal, payload);
  }
}
