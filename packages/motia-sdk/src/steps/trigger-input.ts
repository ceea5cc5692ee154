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
