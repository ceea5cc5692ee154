import { nearestNames } from '@motia/engine-core';
import type {
  Clock, EnqueuedCall, EnqueueRouter, QueueEnqueueOptions, QueueMessage, QueueReceipt, QueueRunState, QueueRunStatus, QueueService, StoreService, Telemetry, TraceContext,
} from '@motia/engine-core/contract';
import type { Dispatcher } from './dispatch/dispatcher.js';
import { queueErrors } from './errors.js';
import { endStates, type JobView } from './job.js';
import type { AddOutcome, JobAdd, JobStore } from './job-store.js';
import { checkedMessage } from './message/enqueue-request.js';
import { messageIdOf, newReceiptId } from './message/message-id.js';
import { longestGroup } from './message/names.js';
import { checkSize, payloadHash, payloadText } from './message/payload-text.js';
import { implicitQueue } from './options.js';
import type { QueuePlan } from './queue-plan.js';
import type { QueueMetrics } from './telemetry/queue-metrics.js';
import type { VirtualTopics } from './virtual-topics.js';

export interface MessageServiceParts {
  readonly store: JobStore;
  readonly dispatcher: Dispatcher;
  readonly plan: QueuePlan;
  readonly virtual: VirtualTopics;
  readonly telemetry: Telemetry;
  readonly metrics: QueueMetrics;
  readonly clock: Clock;
  readonly maxPayloadBytes: number;
}

/** Where a message comes from. */
export interface EnqueueSource extends QueueEnqueueOptions {
  /** It was JSON a moment ago: nothing in it needs to be looked at. */
  readonly isPlain?: boolean;
}

type Call = Parameters<QueueService['enqueueCall']>[0];
/** Details of QUEUE_NOT_FOUND. */
interface Unknown {
  readonly name: string;
  readonly kind: 'topic' | 'queue';
}

/** Takes messages in, and tells what became of them. */
export class MessageService implements QueueService, EnqueueRouter {
  readonly #parts: MessageServiceParts;

  constructor(parts: MessageServiceParts) {
    this.#parts = parts;
  }

  get store(): StoreService | undefined {
    return this.#parts.store.store;
  }

  /** As `QueueService.enqueue`; also takes calls that the engine hands over. */
  enqueue(message: QueueMessage, options?: EnqueueSource): Promise<QueueReceipt>;
  enqueue(call: EnqueuedCall): Promise<QueueReceipt>;
  async enqueue(message: QueueMessage | EnqueuedCall, options: EnqueueSource = {}): Promise<QueueReceipt> {
    if ('payload' in message) return this.#enqueueHanded(message);
    const add = this.#toAdd(checkedMessage(message), options);
    return receiptOf(await this.#hand(add, options));
  }

  /** All of them or none. */
  async enqueueAll(messages: readonly QueueMessage[], options: EnqueueSource = {}): Promise<readonly QueueReceipt[]> {
    const adds = messages.map((message) => this.#toAdd(checkedMessage(message), options));
    if (adds.length === 0) return [];
    const outcomes = await this.#together(adds, options);
    return outcomes.map(receiptOf);
  }

  async enqueueCall(call: Call, options: QueueEnqueueOptions = {}): Promise<QueueReceipt & { readonly messageId: string }> {
    const { functionId, payload, queue = implicitQueue, messageId, timeoutMs, keepResult } = call;
    const add: JobAdd = {
      ...this.#toAdd(checkedMessage({ queue, functionId, data: payload ?? null }), options),
      ...(messageId === undefined ? {} : { receiptId: messageId, messageId }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(keepResult === true ? { keepResult } : {}),
    };
    const outcome = await this.#hand(add, options);
    return { ...receiptOf(outcome), messageId: messageId ?? messageIdOf(add.receiptId, functionId) };
  }

  async status(messageId: string): Promise<QueueRunStatus> {
    const job = await this.#parts.store.job(messageId);
    return job === undefined ? { messageId, state: 'unknown', attempts: 0 } : statusOf(job);
  }

  async ended(messageId: string, signal?: AbortSignal): Promise<QueueRunStatus> {
    for (;;) {
      let told = (): void => undefined;
      const change = new Promise<void>((resolve) => (told = resolve));
      // Before looking: what ends in between is not missed.
      const leave = this.#parts.dispatcher.endings.wait(messageId, told, signal);
      const status = await this.status(messageId).catch((): QueueRunStatus => ({ messageId, state: 'unknown', attempts: 0 }));
      const isOver = ['completed', 'dead', 'cancelled', 'unknown'].includes(status.state);
      if (!isOver && signal?.aborted !== true && !this.#parts.dispatcher.endings.isStopped) {
        await change;
        leave();
        continue;
      }
      leave();
      return status;
    }
  }

  #enqueueHanded({ queue, functionId, payload, trace, idempotencyKey, callerWorkerId, triggerDepth = 0 }: EnqueuedCall): Promise<QueueReceipt> {
    const dedupId = idempotencyKey !== undefined && idempotencyKey.length <= longestGroup && idempotencyKey !== '' ? idempotencyKey : undefined;
    return this.enqueue({ queue, functionId, data: payload ?? null, ...(dedupId === undefined ? {} : { dedupId }) }, { trace, isPlain: callerWorkerId !== undefined, triggerDepth });
  }

  #toAdd(message: QueueMessage, { tx, trace, producerFunctionId, triggerDepth = 0, isPlain = false }: EnqueueSource): JobAdd {
    const { clock, plan, virtual, maxPayloadBytes } = this.#parts;
    const { topic, queue = '', functionId = '', messageGroupId, dedupId, delayMs, runAtMs, priority, ttlMs } = message;
    if (priority !== undefined && priority !== 0) plan.need('priority', 'priorities');
    if (tx !== undefined) plan.need('transactions', 'transactions');
    const data = payloadText(message.data, isPlain);
    checkSize(data, maxPayloadBytes);
    const nowMs = clock.now();
    const delay = runAtMs === undefined ? delayMs : Math.max(0, runAtMs - nowMs);
    return {
      target: topic === undefined ? { queue, functionId } : { topic },
      receiptId: newReceiptId(nowMs),
      data,
      ...(delay === undefined ? {} : { delayMs: Math.round(delay) }),
      ...(messageGroupId === undefined ? {} : { group: messageGroupId }),
      priority: priority ?? 0,
      triggerDepth,
      ...(ttlMs === undefined ? {} : { ttlMs: Math.round(ttlMs) }),
      ...(trace === undefined ? {} : { trace }),
      ...(producerFunctionId === undefined ? {} : { producer: producerFunctionId }),
      ...(dedupId === undefined ? {} : { dedup: { id: dedupId, windowMs: plan.ofQueue(topic ?? queue).dedupWindowMs, hash: payloadHash(data) } }),
      ...(topic !== undefined && virtual.has(topic) ? { mayBeNobodys: true } : {}),
    };
  }

  /** Hands a message to the store with what else the turn brings, or to a transaction at once. */
  async #hand(add: JobAdd, { tx, trace }: QueueEnqueueOptions): Promise<AddOutcome> {
    const span = this.#span(add, trace);
    try {
      const traced = { ...add, trace: span.context };
      const outcome = tx === undefined ? await this.#parts.dispatcher.add(traced) : (await this.#parts.dispatcher.addTogether([traced], { tx }))[0] as AddOutcome;
      if (outcome.status === 'refused') throw await this.#explained(outcome);
      if (outcome.status === 'added') this.#parts.metrics.enqueued(nameOf(add), 1);
      span.end();
      return outcome;
    } catch (error) {
      const explained = await this.#withNearest(error);
      span.end({ error: explained });
      throw explained;
    }
  }

  async #together(adds: readonly JobAdd[], { tx, trace }: QueueEnqueueOptions): Promise<readonly AddOutcome[]> {
    const spans = adds.map((add) => this.#span(add, trace));
    try {
      const outcomes = await this.#parts.dispatcher.addTogether(adds.map((add, index) => ({ ...add, trace: spans[index]?.context as TraceContext })), tx === undefined ? {} : { tx });
      for (const add of adds) this.#parts.metrics.enqueued(nameOf(add), 1);
      for (const span of spans) span.end();
      return outcomes;
    } catch (error) {
      const explained = await this.#withNearest(error);
      for (const span of spans) span.end({ error: explained });
      throw explained;
    }
  }

  #span(add: JobAdd, trace: TraceContext | undefined): { readonly context: TraceContext; end(outcome?: { readonly error?: unknown }): void } {
    const { telemetry } = this.#parts;
    if (!telemetry.recording) return { context: trace ?? telemetry.newTrace(), end: () => undefined };
    return telemetry.startSpan(`enqueue ${nameOf(add)}`, {
      kind: 'producer',
      ...(trace === undefined ? {} : { parent: trace }),
      attributes: { 'messaging.system': 'motia', 'messaging.operation.type': 'send', 'messaging.destination.name': nameOf(add), 'messaging.message.id': add.receiptId },
    });
  }

  async #explained({ code, details }: Extract<AddOutcome, { status: 'refused' }>): Promise<Error> {
    if (code === 'QUEUE_NOT_FOUND') return this.#notFound(details as unknown as Unknown);
    return queueErrors[code](details as never);
  }

  /** A strict exchange throws by itself, where nobody knows which names are near. */
  async #withNearest(error: unknown): Promise<unknown> {
    const { code, details } = (error ?? {}) as { readonly code?: unknown; readonly details?: Partial<Unknown> & { readonly nearest?: readonly string[] } };
    if (code !== 'MOTIA_QUEUE_QUEUE_NOT_FOUND' || (details?.nearest?.length ?? 0) > 0) return error;
    return this.#notFound(details as Unknown);
  }

  async #notFound({ name, kind }: Unknown): Promise<Error> {
    const queues = await this.#parts.store.queues().catch(() => []);
    const nearest = nearestNames(name, new Set(queues.filter((queue) => queue.kind === kind && queue.endedAtMs === undefined).map((queue) => queue.name)), 3);
    return queueErrors.QUEUE_NOT_FOUND({ name, kind, nearest, ...(kind === 'queue' ? { legacyCode: 'enqueue_error' } : {}) });
  }
}

function receiptOf(outcome: AddOutcome): QueueReceipt {
  const messageReceiptId = outcome.status === 'refused' ? '' : outcome.receiptId;
  return outcome.status === 'duplicate' ? { messageReceiptId, deduplicated: true } : { messageReceiptId };
}

function nameOf({ target }: JobAdd): string {
  return 'topic' in target ? target.topic : target.queue;
}

const runStates: Readonly<Partial<Record<JobView['state'], QueueRunState>>> = { leased: 'running', delayed: 'delayed', dead: 'dead', completed: 'completed', cancelled: 'cancelled', discarded: 'dead' };

function statusOf(job: JobView): QueueRunStatus {
  const [newest] = job.failures;
  const hasFailed = newest !== undefined && (job.state === 'dead' || job.state === 'blocked' || !endStates.has(job.state));
  return {
    messageId: job.messageId,
    state: runStates[job.state] ?? 'waiting',
    attempts: job.deliveries,
    ...(job.result === undefined ? {} : { result: JSON.parse(job.result) as unknown }),
    ...(hasFailed ? { error: { code: newest.code, message: newest.message } } : {}),
  };
}
