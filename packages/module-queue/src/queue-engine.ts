import type { PluginContext } from '@motia/engine-core/contract';
import { Operator } from './admin/operator.js';
import { Dispatcher } from './dispatch/dispatcher.js';
import { Housekeeper } from './housekeeper.js';
import { queueLabel } from './job.js';
import { isSubscription, type JobStore, type JobStoreCapability, type QueueDeclaration } from './job-store.js';
import { implicitQueue, type QueueOptions } from './options.js';
import { QueuePlan } from './queue-plan.js';
import { MessageService } from './queue-service.js';
import { Subscriptions } from './subscriptions.js';
import { QueueMetrics } from './telemetry/queue-metrics.js';
import { VirtualTopics } from './virtual-topics.js';

export interface QueueEngineParts {
  readonly context: Pick<PluginContext, 'clock' | 'logger' | 'telemetry' | 'functions' | 'triggers'>;
  readonly options: QueueOptions;
  readonly store: JobStore;
  readonly supports: ReadonlySet<JobStoreCapability>;
  /** From 0 to just under 1, for backoff. */
  readonly random?: () => number;
}

/** Everything that a running queue module consists of, put together. */
export class QueueEngine {
  readonly messages: MessageService;
  readonly operator: Operator;
  readonly subscriptions: Subscriptions;
  readonly #parts: QueueEngineParts;
  readonly #plan: QueuePlan;
  readonly #dispatcher: Dispatcher;
  readonly #housekeeper: Housekeeper;
  readonly #virtual: VirtualTopics;
  readonly #metrics: QueueMetrics;
  #isStopping = false;

  constructor(parts: QueueEngineParts) {
    const { context, options, store, supports, random = Math.random } = parts;
    const { clock, logger, telemetry, functions } = context;
    this.#parts = parts;
    this.#plan = new QueuePlan(options, store, supports);
    this.#virtual = new VirtualTopics(functions);
    this.#metrics = new QueueMetrics(telemetry.meter, { held: () => this.#dispatcher.held, now: () => clock.now(), stats: () => store.stats() });
    this.#dispatcher = new Dispatcher({ ...context, store, metrics: this.#metrics, random, maxResultBytes: options.max_payload_bytes, onEnded: () => this.#housekeeper.jobEnded() });
    this.#housekeeper = new Housekeeper({
      store, clock, logger,
      retention: { historyMs: options.history_retention_ms, historyJobs: options.history_max_messages, resultMs: options.result_retention_ms, deadLetterMs: options.dead_letter_retention_ms },
      onChanged: () => this.#changedElsewhere(),
      onRecovered: () => this.operator.redriver.resumeSoon(),
    });
    const shared = { store, dispatcher: this.#dispatcher, plan: this.#plan, clock, logger, telemetry, metrics: this.#metrics, virtual: this.#virtual, maxPayloadBytes: options.max_payload_bytes };
    this.messages = new MessageService(shared);
    this.operator = new Operator(shared);
    this.subscriptions = new Subscriptions({ ...shared, isCompeting: options.topic_delivery === 'compete', isStopping: () => this.#isStopping, graceMs: options.subscription_grace_ms });
  }

  async start(): Promise<void> {
    const { store, context, options } = this.#parts;
    for (const [name, written] of Object.entries(options.queue_configs)) {
      if ('poll_interval_ms' in written) context.logger.info('poll_interval_ms has no effect any more: work is dispatched when it arrives, not polled for', { queue: name });
    }
    const names = [...new Set([implicitQueue, ...this.#plan.names])];
    const declarations = names.flatMap((name) => this.#declarations(name));
    const states = await store.declare(declarations);
    await this.#retireOthers(new Set(states.map(({ queue }) => queue)));
    for (const state of states) if (state.role === 'named') this.#dispatcher.queues.serve(state, this.#plan.ofQueue(state.name), []);
    this.#housekeeper.start();
    await this.#dispatcher.look();
    await this.operator.redriver.resume();
  }

  /** Asks for no more work; what runs may end until the deadline. Subscriptions stay. */
  async drain(deadline: AbortSignal): Promise<void> {
    this.#isStopping = true;
    await this.operator.redriver.stop();
    await this.#dispatcher.drain(deadline);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.operator.redriver.stop();
    await this.#housekeeper.stop();
    await this.#dispatcher.stop();
    this.#virtual.stop();
    this.#metrics.stop();
  }

  /** A name in `queue_configs` is a queue for calls, and a topic that takes messages before anybody subscribes. */
  #declarations(name: string): readonly QueueDeclaration[] {
    const rules = this.#plan.rules(this.#plan.ofQueue(name));
    const named: QueueDeclaration = { kind: 'queue', name, functionId: '', role: 'named', rules };
    if (!this.#plan.names.includes(name)) return [named];
    return [named, { kind: 'topic', name, functionId: '', role: this.#parts.options.topic_delivery === 'compete' ? 'subscription' : 'holding', rules }];
  }

  /** A queue that is not in the config any more would take messages that nobody delivers. Other engines on a shared store may have it in theirs. */
  async #retireOthers(declared: ReadonlySet<number>): Promise<void> {
    const { store, context } = this.#parts;
    if (store.store?.isShared !== false) return;
    const others = (await store.queues()).filter((state) => !isSubscription(state) && !declared.has(state.queue));
    await store.retire(others.map(({ queue }) => queue));
    for (const other of others) {
      if (other.depth > 0) context.logger.warn('A queue that is not in queue_configs any more holds messages; they wait until it is declared again, or are cancelled', { queue: queueLabel(other), messages: other.depth });
    }
  }

  #changedElsewhere(): void {
    this.#dispatcher.endings.tellAll();
    this.#dispatcher.lookSoon();
  }
}
