/** What a state trigger hands over, under the names of every generation of the API. */
export interface StateTriggerInput<T = unknown> {
  type: 'state';
  event_type?: 'state:created' | 'state:updated' | 'state:deleted';
  eventType?: 'state:created' | 'state:updated' | 'state:deleted';
  scope: string;
  /** The same as `scope`. */
  group_id: string;
  groupId: string;
  key: string;
  /** The same as `key`. */
  item_id: string;
  itemId: string;
  old_value?: T;
  oldValue?: T;
  new_value?: T;
  newValue?: T;
}

export type StreamEvent<T = unknown> = { type: 'create'; data: T } | { type: 'update'; data: T } | { type: 'delete'; data: T } | { type: 'event'; event: { type: string; data: unknown } };

/** What a stream trigger hands over: the frame that clients get. */
export interface StreamTriggerInput<T = unknown> {
  type: 'stream';
  /** Epoch milliseconds. */
  timestamp: number;
  streamName: string;
  groupId: string;
  id: string;
  event: StreamEvent<T>;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** What a log trigger hands over: the record as the engine keeps it, without secrets, under the names of every generation of the API. */
export interface LogTriggerInput {
  level: LogLevel;
  /** What was logged. */
  message: string;
  /** The same as `message`. */
  body: string;
  /** The data beside the message, and ids of what logged: `iii.function.id`, `iii.invocation.id`, `iii.worker.id`; of printed lines `iii.log.stream`. */
  attributes: Readonly<Record<string, unknown>>;
  /** Of the call that logged it; null when none did. */
  trace_id: string | null;
  traceId: string | null;
  span_id: string | null;
  spanId: string | null;
  /** The process that logged it, or the app for records of the engine. */
  service_name: string;
  serviceName: string;
  /** The number that OpenTelemetry gives to the level: 1, 5, 9, 13 or 17. */
  severity_number: number;
  severityNumber: number;
  severity_text: string;
  severityText: string;
  /** When it was written, and when the engine got it: nanoseconds since 1970, exact to about a microsecond. */
  timestamp_unix_nano: number;
  timestampUnixNano: number;
  observed_timestamp_unix_nano: number;
  observedTimestampUnixNano: number;
  resource: Readonly<Record<string, string>>;
  /** What within the process logged it. */
  instrumentation_scope_name: string;
  instrumentationScopeName: string;
  instrumentation_scope_version: string | null;
  instrumentationScopeVersion: string | null;
}

/** What a cron trigger hands over. Times are RFC 3339. */
export interface CronTriggerInput {
  trigger: 'cron';
  job_id: string;
  jobId: string;
  scheduled_time: string;
  scheduledTime: string;
  actual_time: string;
  actualTime: string;
  fencingToken?: number;
  /** True for a slot that was missed and is run later. */
  backfilled?: boolean;
}
