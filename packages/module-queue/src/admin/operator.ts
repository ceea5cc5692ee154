import { inTrace } from '@motia/engine-core';
import type { Clock, InvocationContext, Logger } from '@motia/engine-core/contract';
import { longestVisibilityMs } from '../delivery/settings-schema.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { queueErrors } from '../errors.js';
import type { JobView } from '../job.js';
import { isSubscription, type JobStore, type MoveTask, type QueueStats } from '../job-store.js';
import { checkInteger } from '../message/enqueue-request.js';
import { deliveryReceipt, readDeliveryReceipt } from '../message/message-id.js';
import { checkSize, payloadText } from '../message/payload-text.js';
import { explain, type Explanation } from './explain.js';
import { Redriver } from './redriver.js';
import { filterKeys, filterOf, namedMessages, queueKeys, Request, selectedQueues, statesOf } from './selection.js';

export interface OperatorParts {
  readonly store: JobStore;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxPayloadBytes: number;
}

/** The call that an operator's function was asked by. */
type Asking = Pick<InvocationContext, 'trace'>;

const pageKeys = ['limit', 'cursor'] as const;
const mostListed = 500;
const discardedAtOnce = 500;

/** What people and tools do with queues: look, stop, take back. Each method takes the payload of the function of its name. */
export class Operator {
  readonly redriver: Redriver;
  readonly #parts: OperatorParts;

  constructor(parts: OperatorParts) {
    this.#parts = parts;
    this.redriver = new Redriver({ ...parts, onMoved: ({ queue, toHead }) => this.#lookAgain([queue], toHead) });
  }

  async list(payload: unknown): Promise<{ readonly queues: readonly object[] }> {
    const request = new Request(payload, queueKeys);
    const wanted = request.has('topic') || request.has('queue') ? new Set((await selectedQueues(this.#parts.store, request)).map(({ queue }) => queue)) : undefined;
    const stats = await this.#parts.store.stats();
    return { queues: stats.filter(({ queue }) => wanted?.has(queue) ?? true).map((entry) => this.#shown(entry)) };
  }

  async messages(payload: unknown): Promise<object> {
    const request = new Request(payload, [...queueKeys, ...filterKeys, ...pageKeys, 'state', 'states']);
    return this.#page(request, statesOf(request));
  }

  async deadLetters(payload: unknown): Promise<object> {
    return this.#page(new Request(payload, [...queueKeys, ...filterKeys, ...pageKeys]), ['blocked', 'dead']);
  }

  async message(payload: unknown): Promise<object> {
    const request = new Request(payload, ['messageId']);
    return shownJob(await this.#job(request.need('messageId')), true);
  }

  async explain(payload: unknown): Promise<Explanation> {
    const { store, dispatcher, clock } = this.#parts;
    const job = await this.#job(new Request(payload, ['messageId']).need('messageId'));
    const queues = await store.queues();
    const state = queues.find(({ kind, name, functionId }) => kind === job.queue.kind && name === job.queue.name && functionId === job.queue.functionId);
    const local = state === undefined ? undefined : dispatcher.queues.find(state.queue);
    const here = dispatcher.runner.find(job.messageId);
    return explain(job, {
      nowMs: clock.now(),
      waitsFor: job.waitsFor,
      isPaused: state?.isPaused ?? false,
      leftAtMs: state?.leftAtMs,
      isRetired: state !== undefined && !isSubscription(state) && state.endedAtMs !== undefined,
      missing: local === undefined ? job.functionId : dispatcher.queues.missing(local, job.functionId),
      running: local?.running ?? 0,
      concurrency: local?.options.concurrency,
      isReserved: local?.isReserved ?? false,
      isHere: here !== undefined,
      isNext: here !== undefined && here.startedAtMs === 0,
    });
  }

  async cancel(payload: unknown): Promise<{ readonly cancelled: number }> {
    const { store, dispatcher } = this.#parts;
    const request = new Request(payload, ['messageId', 'messageIds', 'messageReceiptId']);
    const receiptId = request.text('messageReceiptId');
    const ids = receiptId === undefined ? request.ids('messageId') : (await store.jobsOf(receiptId)).map(({ messageId }) => messageId);
    if (ids === undefined) throw queueErrors.INVALID_OPTION({ option: 'messageId', problem: 'or messageReceiptId is missing' });
    const cancelled = await store.cancel(ids);
    // One that was handed out just before is on its way: it is told to stop like any other.
    await dispatcher.caughtUp();
    if (cancelled.length === 0) await this.#mustExist(ids.length === 0 && receiptId !== undefined ? [receiptId] : ids);
    for (const messageId of cancelled) {
      const run = dispatcher.runner.find(messageId);
      if (run !== undefined) dispatcher.runner.lose(run, 'its message was cancelled');
      dispatcher.endings.tell(messageId);
    }
    await dispatcher.look();
    return { cancelled: cancelled.length };
  }

  async setPaused(payload: unknown, isPaused: boolean): Promise<{ readonly queues: number }> {
    const { store, dispatcher } = this.#parts;
    const queues = await selectedQueues(store, new Request(payload, queueKeys));
    const ids = queues.map(({ queue }) => queue);
    await store.pause(ids, isPaused);
    if (isPaused) {
      // Nothing starts any more once the pause is confirmed.
      await dispatcher.caughtUp();
      dispatcher.releaseWaiting(ids);
    }
    await dispatcher.look();
    return { queues: queues.length };
  }

  async unsubscribe(payload: unknown): Promise<{ readonly queues: number }> {
    const { store } = this.#parts;
    const request = new Request(payload, ['topic', 'functionId']);
    request.need('functionId');
    const queues = await selectedQueues(store, request);
    for (const { queue } of queues) await store.unsubscribe(queue);
    return { queues: queues.length };
  }

  /** Makes the lease of a running delivery last longer. @throws `MOTIA_QUEUE_LEASE_LOST` */
  async extend(payload: unknown): Promise<{ readonly extendedMs: number; readonly receipt: string }> {
    const { runner, leases } = this.#parts.dispatcher;
    const request = new Request(payload, ['receipt', 'idempotencyKey', 'messageId', 'invocationId', 'ms']);
    const ms = checkInteger('ms', request.at('ms'), 1, longestVisibilityMs);
    const receipt = request.text('receipt');
    const read = receipt === undefined ? undefined : readDeliveryReceipt(receipt);
    const messageId = read?.messageId ?? request.text('idempotencyKey') ?? request.text('messageId');
    if (messageId === undefined) throw queueErrors.INVALID_OPTION({ option: 'idempotencyKey', problem: 'or receipt is missing' });
    const run = runner.find(messageId);
    const invocationId = request.text('invocationId');
    const isOther = run === undefined || run.stopped !== undefined || (read !== undefined && read.lease !== run.delivery.lease) || (invocationId !== undefined && invocationId !== run.invocationId);
    if (isOther || !(await leases.extend(run, ms))) throw queueErrors.LEASE_LOST({ messageId });
    return { extendedMs: ms, receipt: deliveryReceipt(messageId, run.delivery.lease) };
  }

  async redrive(payload: unknown, call?: Asking): Promise<{ readonly moved: number; readonly state: MoveTask['state'] | 'dryRun'; readonly total?: number }> {
    const { store, dispatcher, maxPayloadBytes } = this.#parts;
    const request = new Request(payload, [...queueKeys, ...filterKeys, 'messageId', 'messageIds', 'data', 'head', 'ratePerSecond', 'dryRun']);
    if (request.flag('dryRun')) return { moved: 0, total: await this.#countDead(request), state: 'dryRun' };
    const toHead = request.flag('head');
    const ids = await namedMessages(store, request);
    if (ids === undefined) return this.#redriveMany(request, toHead, call);
    const data = request.has('data') ? payloadText(request.at('data'), false) : undefined;
    if (data !== undefined && ids.length !== 1) throw queueErrors.INVALID_OPTION({ option: 'data', problem: 'can be given for one message at a time' });
    if (data !== undefined) checkSize(data, maxPayloadBytes);
    const moved = await store.redrive(ids, { toHead, ...(data === undefined ? {} : { data }) });
    if (moved === 0) await this.#mustExist(ids);
    inTrace(this.#parts.logger, call?.trace).info('Dead letters were redriven', { moved, messageIds: ids.slice(0, 10), isEdited: data !== undefined });
    await this.#lookAgain(dispatcher.queues.all().map(({ id }) => id), toHead);
    return { moved, state: 'done' };
  }

  /** What came to the head of its queue goes before what was claimed ahead. */
  #lookAgain(queues: readonly number[], toHead: boolean): Promise<void> {
    const { dispatcher } = this.#parts;
    if (toHead) dispatcher.releaseAhead(queues);
    return dispatcher.look();
  }

  async redriveStatus(payload: unknown): Promise<{ readonly moves: readonly object[] }> {
    const { store } = this.#parts;
    const request = new Request(payload, queueKeys);
    const queues = request.has('topic') || request.has('queue') ? await selectedQueues(store, request) : await store.queues();
    const moves = await store.moves();
    return {
      moves: queues.flatMap(({ queue, kind, name, functionId }) => moves.filter((task) => task.queue === queue).map(({ moved, startedAtMs, state, ratePerSecond }) => ({ [kind]: name, functionId, moved, startedAtMs, state, ratePerSecond }))),
    };
  }

  async redriveCancel(payload: unknown): Promise<{ readonly moved: number }> {
    const queues = await selectedQueues(this.#parts.store, new Request(payload, queueKeys));
    let moved = 0;
    for (const { queue } of queues) moved += (await this.redriver.cancel(queue))?.moved ?? 0;
    return { moved };
  }

  async discard(payload: unknown, call?: Asking): Promise<{ readonly discarded: number }> {
    const { store, dispatcher, logger } = this.#parts;
    const request = new Request(payload, [...queueKeys, ...filterKeys, 'messageId', 'messageIds', 'all']);
    const ids = await namedMessages(store, request);
    let discarded = 0;
    if (ids !== undefined) {
      discarded = await store.discard(ids);
      if (discarded === 0) await this.#mustExist(ids);
    } else {
      const isNarrowed = filterKeys.some((key) => request.has(key));
      if (!isNarrowed && !request.flag('all')) throw queueErrors.INVALID_OPTION({ option: 'all', problem: 'must be true to discard every dead letter of a queue' });
      for (const queue of await selectedQueues(store, request)) {
        for (let part = discardedAtOnce; part === discardedAtOnce; discarded += part) part = await store.discardSome(filterOf(request, queue), discardedAtOnce);
      }
    }
    inTrace(logger, call?.trace).info('Dead letters were discarded', { discarded, ...(ids === undefined ? {} : { messageIds: ids.slice(0, 10) }) });
    await dispatcher.look();
    return { discarded };
  }

  /** How many a redrive would move. */
  async #countDead(request: Request): Promise<number> {
    const { store } = this.#parts;
    const ids = await namedMessages(store, request);
    if (ids !== undefined) {
      const jobs = await Promise.all([...new Set(ids)].map((id) => store.job(id)));
      return jobs.filter((job) => job?.state === 'dead' || job?.state === 'blocked').length;
    }
    let total = 0;
    for (const queue of await selectedQueues(store, request)) {
      const { queue: _, ...filter } = filterOf(request, queue);
      for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
        const page = await store.list({ states: ['blocked', 'dead'], queue: queue.queue, filter, limit: mostListed, ...(cursor === undefined ? {} : { cursor }) });
        total += page.jobs.length;
        cursor = page.cursor;
      }
    }
    return total;
  }

  async #redriveMany(request: Request, toHead: boolean, call: Asking | undefined): Promise<{ readonly moved: number; readonly state: MoveTask['state'] }> {
    if (request.has('data')) throw queueErrors.INVALID_OPTION({ option: 'data', problem: 'can be given for one message at a time' });
    const ratePerSecond = request.number('ratePerSecond', 0.01, 100_000);
    let moved = 0;
    let state: MoveTask['state'] = 'done';
    for (const queue of await selectedQueues(this.#parts.store, request)) {
      const task = await this.redriver.start({ queue: queue.queue, filter: filterOf(request, queue), toHead, ...(ratePerSecond === undefined ? {} : { ratePerSecond }) });
      moved += task.moved;
      if (task.state !== 'done') state = task.state;
    }
    inTrace(this.#parts.logger, call?.trace).info('Dead letters are redriven', { moved, state });
    return { moved, state };
  }

  async #page(request: Request, states: Parameters<JobStore['list']>[0]['states']): Promise<object> {
    const { store } = this.#parts;
    const limit = Math.min(request.integer('limit', 1, Number.MAX_SAFE_INTEGER) ?? 50, mostListed);
    const cursor = request.text('cursor');
    const isNarrowed = request.has('topic') || request.has('queue');
    const [queue, ...others] = isNarrowed ? await selectedQueues(store, request) : [];
    if (others.length > 0) throw queueErrors.INVALID_OPTION({ option: 'functionId', problem: 'must say which of the subscribers is meant' });
    const { queue: _, ...filter } = filterOf(request, queue ?? { queue: 0, kind: 'queue' });
    const page = await store.list({ states, limit, filter, ...(queue === undefined ? {} : { queue: queue.queue }), ...(cursor === undefined ? {} : { cursor }) });
    return { messages: page.jobs.map((job) => shownJob(job, false)), ...(page.cursor === undefined ? {} : { cursor: page.cursor }) };
  }

  /** By its id, or by its receipt where that is of no other message: whoever has enqueued it knows the receipt. */
  async #job(messageId: string): Promise<NonNullable<Awaited<ReturnType<JobStore['job']>>>> {
    const { store } = this.#parts;
    const job = await store.job(messageId);
    if (job !== undefined) return job;
    const [only, ...others] = await store.jobsOf(messageId);
    if (only === undefined) throw queueErrors.MESSAGE_NOT_FOUND({ messageId });
    if (others.length > 0) throw queueErrors.INVALID_OPTION({ option: 'messageId', problem: `is the receipt of ${others.length + 1} messages: ${[only, ...others].map((each) => each.messageId).join(', ')}` });
    return only;
  }

  /** Repeating what was done already is no error; naming what never was is. */
  async #mustExist(ids: readonly string[]): Promise<void> {
    for (const id of ids) if ((await this.#parts.store.job(id)) === undefined) throw queueErrors.MESSAGE_NOT_FOUND({ messageId: id });
  }

  #shown(stats: QueueStats): object {
    const { queue, kind, name, functionId, isPaused, depth, ready, delayed, behind, leased, blocked, dead, oldestReadyAtMs, leftAtMs, rules } = stats;
    const local = this.#parts.dispatcher.queues.find(queue);
    // The store counts what this engine has claimed and not started as running.
    const ahead = Math.min(leased, local?.waiting.length ?? 0);
    return {
      kind, name, functionId, type: rules.isFifo ? 'fifo' : 'standard', isPaused, depth,
      waiting: ready + behind + ahead, delayed, running: leased - ahead, blocked, dead,
      ...(oldestReadyAtMs === undefined ? {} : { oldestAgeMs: Math.max(0, this.#parts.clock.now() - oldestReadyAtMs) }),
      ...(leftAtMs === undefined ? {} : { leftAtMs }),
      ...(local === undefined ? {} : { options: local.options }),
    };
  }
}

/** Data that is damaged is shown as the text that it is. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function shownJob(job: JobView, isWhole: boolean): object {
  const { data, result, failures, ...rest } = job;
  return {
    ...rest,
    ...(data === undefined ? {} : { data: parsed(data) }),
    ...(result === undefined ? {} : { result: parsed(result) }),
    ...(isWhole ? { failures } : failures[0] === undefined ? {} : { lastFailure: failures[0] }),
    ...(job.state === 'leased' ? { receipt: deliveryReceipt(job.messageId, job.deliveries) } : {}),
  };
}
