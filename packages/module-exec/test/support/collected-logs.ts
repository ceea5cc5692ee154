import type { Logger, LogFields, LogRecord } from '@motia/engine-core/contract';

/** A logger and a sink that keep what they get, in order. */
export class CollectedLogs {
  readonly records: LogRecord[] = [];

  log(record: LogRecord): void {
    this.records.push(record);
  }

  readonly logger: Logger = this.#logger({});

  messages(): readonly string[] {
    return this.records.map((record) => record.message);
  }

  #logger(scope: LogFields): Logger {
    const at = (level: LogRecord['level']) => (message: string, fields?: LogFields): void => {
      this.records.push({ level, time: 0, message, source: 'exec', fields: { ...scope, ...fields } });
    };
    return { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: (more) => this.#logger({ ...scope, ...more }) };
  }
}
