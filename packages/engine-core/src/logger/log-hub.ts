import type { Registration } from '../contract/functions.js';
import type { LogRecord, LogSink } from '../contract/logger.js';

/** One place that records go in, any number of sinks that get them. A sink that throws is skipped for that record. */
export interface LogHub extends LogSink {
  add(sink: LogSink): Registration;
}

export function createLogHub(initial: readonly LogSink[] = []): LogHub {
  let sinks = [...initial];
  return {
    log(record: LogRecord) {
      for (const sink of sinks) {
        try {
          sink.log(record);
        } catch {
          // One broken sink must not silence the others, nor reach the code that logs.
        }
      }
    },
    add(sink) {
      sinks = [...sinks, sink];
      return {
        dispose() {
          sinks = sinks.filter((other) => other !== sink);
        },
      };
    },
  };
}
