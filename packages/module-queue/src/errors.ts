import { defineErrors, type ErrorEntry } from '@motia/engine-core/contract';

function entry<D>(status: number, remedy: string, message: (details: D) => string, retryable = false): ErrorEntry<D> {
  return { status, retryable, since: '0.1.0', message, remedy };
}

const listed = (names: readonly string[]): string => (names.length === 0 ? '' : ` Did you mean ${names.map((name) => `"${name}"`).join(' or ')}?`);

/** Every condition of the queue module, `MOTIA_QUEUE_<key>`. The first group is met by who enqueues, the second by handlers, the third by operators. */
export const queueErrors = defineErrors('QUEUE', {
  QUEUE_NOT_FOUND: entry<{ readonly name: string; readonly kind: 'topic' | 'queue'; readonly nearest: readonly string[]; readonly functionId?: string; readonly legacyCode?: string }>(
    404,
    'Subscribe a function to the topic, declare the queue in `queue_configs`, or name the topic in `virtualEnqueues` of a Step when nobody is meant to take it.',
    (d) => (d.functionId !== undefined ? `"${d.functionId}" does not subscribe to the topic "${d.name}".${listed(d.nearest)}` : d.kind === 'topic' ? `Nobody subscribes to the topic "${d.name}".${listed(d.nearest)}` : `There is no queue "${d.name}".${listed(d.nearest)}`),
  ),
  TOPIC_MISSING: entry<{ readonly legacyCode: 'topic_not_set' }>(400, 'Send { topic, data }, or { queue, function_id, data } for a named queue.', () => 'The message names neither a topic nor a queue.'),
  INVALID_NAME: entry<{ readonly what: string; readonly name: string }>(
    400,
    'Use 1 to 128 of the characters A-Z a-z 0-9 . _ : -',
    (d) => `"${d.name}" is not a valid ${d.what}.`,
  ),
  INVALID_OPTION: entry<{ readonly option: string; readonly problem: string }>(400, 'Send the option within the given range, or leave it out.', (d) => `${d.option} ${d.problem}.`),
  NOT_SERIALIZABLE: entry<{ readonly path: string; readonly problem: string }>(400, 'Send JSON data: text, finite numbers, booleans, null, lists and plain objects.', (d) => `The message cannot be kept: ${d.path === '' ? 'data' : d.path} ${d.problem}.`),
  PAYLOAD_TOO_LARGE: entry<{ readonly limitBytes: number; readonly receivedBytes: number }>(
    413,
    'Keep large data elsewhere (state, a file, an object store) and send a reference, or raise `max_payload_bytes` of modules::queue::QueueModule.',
    (d) => `The message has ${d.receivedBytes} bytes; ${d.limitBytes} are allowed.`,
  ),
  QUEUE_FULL: entry<{ readonly queue: string; readonly limit: number }>(
    503,
    'Try again later, let more handlers run (`concurrency`, more processes), or raise `max_depth` of the queue.',
    (d) => `The queue ${d.queue} holds ${d.limit} messages and takes no more.`,
    true,
  ),
  GROUP_REQUIRED: entry<{ readonly queue: string; readonly field?: string }>(
    400,
    'Send `messageGroupId` (or the field that `message_group_field` names): messages of one group are handled in order, groups in parallel.',
    (d) => `The queue ${d.queue} is fifo and the message has no group${d.field === undefined ? '' : `: its field "${d.field}" is missing or not text`}.`,
  ),
  INVALID_GROUP: entry<{ readonly option: string }>(400, 'Use 1 to 128 characters.', (d) => `${d.option} is empty or longer than 128 characters.`),
  DEDUP_CONFLICT: entry<{ readonly dedupId: string; readonly messageReceiptId: string }>(
    409,
    'Use a new dedupId for other data: the earlier message was accepted under the receipt in `details`.',
    (d) => `The dedupId "${d.dedupId}" was used for a message with other data.`,
  ),
  UNSUPPORTED: entry<{ readonly feature: string; readonly adapter: string }>(501, 'Choose another adapter, or do without the feature.', (d) => `${d.adapter} has no ${d.feature}.`),

  LEASE_LOST: entry<{ readonly messageId: string }>(
    409,
    'Stop the work: the message was given to somebody else, or has ended. Make the effects idempotent with the idempotencyKey.',
    (d) => `The delivery of "${d.messageId}" is no longer this one's.`,
  ),
  ENGINE_LOST: entry<{ readonly engineId: string }>(500, 'See the log of that engine. The message is delivered again.', (d) => `The engine ${d.engineId} that ran the message went away.`, true),
  SUBSCRIBER_GONE: entry<{ readonly topic: string; readonly functionId: string }>(
    410,
    'Redrive the message once the function subscribes again, or discard it.',
    (d) => `"${d.functionId}" has not subscribed to "${d.topic}" for longer than \`subscription_grace_ms\`.`,
  ),
  EXPIRED: entry<{ readonly messageId: string; readonly expiredAt: string }>(
    410,
    'Find out what kept it waiting: a paused queue, a subscriber that is away, or too few places. Redrive it if it is still wanted.',
    (d) => `The message "${d.messageId}" waited for longer than its ttlMs, which ended ${d.expiredAt}.`,
  ),
  CONDITION_FAILED: entry<{ readonly functionId: string; readonly reason: string }>(500, 'See the log of the condition function.', (d) => `The condition "${d.functionId}" failed: ${d.reason}`, true),
  RESULT_TOO_LARGE: entry<{ readonly limitBytes: number; readonly receivedBytes: number }>(
    500,
    'Answer with a reference to the result instead of the result.',
    (d) => `The result has ${d.receivedBytes} bytes; ${d.limitBytes} can be kept.`,
  ),
  RESULT_NOT_SERIALIZABLE: entry<{ readonly reason: string }>(500, 'Answer with plain JSON data: no BigInt and no cycle.', (d) => `The result cannot be kept as JSON: ${d.reason}.`),
  ROW_CORRUPT: entry<{ readonly messageId: string }>(500, 'The bytes on the disk have changed since they were written: check the disk, and restore the payload with edit-and-redrive.', (d) => `The stored payload of "${d.messageId}" does not match its checksum.`),

  MESSAGE_NOT_FOUND: entry<{ readonly messageId: string; readonly queue?: string }>(404, 'Completed messages are forgotten after a while: `queue::messages` shows what is known.', (d) => `There is no message "${d.messageId}"${d.queue === undefined ? '' : ` in "${d.queue}"`}.`),
  REDRIVE_RUNNING: entry<{ readonly queue: string }>(409, 'Wait for it to end, or stop it with `queue::redrive_cancel`.', (d) => `The dead letters of ${d.queue} are being redriven already.`, true),
  STOPPING: entry<Readonly<Record<never, never>>>(503, 'Try again: the engine is stopping.', () => 'The queue takes no more requests.', true),
});
