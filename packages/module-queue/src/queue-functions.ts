import type { FunctionHandler, FunctionRegistry, InvocationContext, QueueReceipt, Registration } from '@motia/engine-core/contract';
import type { Operator } from './admin/operator.js';
import { laterFunctions } from './later-functions.js';
import { readEnqueue } from './message/enqueue-request.js';
import type { EnqueueSource, MessageService } from './queue-service.js';

/** Adapts one call to the options of the service. Data that came over a wire is JSON already. */
export function sourceOf({ trace, callerWorkerId, callerFunctionId, triggerDepth = 0 }: Pick<InvocationContext, 'trace' | 'callerWorkerId' | 'callerFunctionId' | 'triggerDepth'>): EnqueueSource {
  return { trace, isPlain: callerWorkerId !== undefined, triggerDepth, ...(callerFunctionId === undefined ? {} : { producerFunctionId: callerFunctionId }) };
}

/** One message or a list of them; a list is accepted in whole or not at all. */
export function enqueuePayload(service: MessageService, payload: unknown, source: EnqueueSource): Promise<QueueReceipt | readonly QueueReceipt[]> {
  return Array.isArray(payload) ? service.enqueueAll(payload.map(readEnqueue), source) : service.enqueue(readEnqueue(payload), source);
}

interface Entry {
  readonly description: string;
  readonly run: FunctionHandler;
}

/** Every function of the module, by id. */
function entriesOf(service: MessageService, operator: Operator): Readonly<Record<string, Entry>> {
  const enqueue: FunctionHandler = async (payload, call) => enqueuePayload(service, payload, sourceOf(call));
  return {
    enqueue: { description: 'Puts a message on a topic, or a call on a named queue. A list of messages is accepted in whole or not at all.', run: enqueue },
    'queue::enqueue_batch': {
      description: 'Puts several messages on topics or queues: all of them or none.',
      run: async (payload, call) => ({ receipts: await enqueuePayload(service, listIn(payload), sourceOf(call)) }),
    },
    'queue::list': { description: 'Queues and subscriptions with their depths, ages and options.', run: (payload) => operator.list(payload) },
    'queue::messages': { description: 'Messages of a queue by state, in pages. Looking at them leases nothing.', run: (payload) => operator.messages(payload) },
    'queue::message': { description: 'One message: where it stands, its data, its failed deliveries with their traces.', run: (payload) => operator.message(payload) },
    'queue::explain': { description: 'Why a message is not running, or what became of it.', run: (payload) => operator.explain(payload) },
    'queue::cancel': { description: 'Calls off messages that have not ended. A running handler is told to stop.', run: (payload) => operator.cancel(payload) },
    'queue::pause': { description: 'Stops deliveries of a queue. What runs goes on; new messages are accepted.', run: (payload) => operator.setPaused(payload, true) },
    'queue::resume': { description: 'Lets a paused queue go on.', run: (payload) => operator.setPaused(payload, false) },
    'queue::extend': { description: 'Makes the lease of a running delivery last longer: { receipt | idempotencyKey, ms }.', run: (payload) => operator.extend(payload) },
    'queue::dead_letters': { description: 'Messages that were given up, in pages.', run: (payload) => operator.deadLetters(payload) },
    'queue::redrive': { description: 'Takes dead letters back: one, one with other data, or all that a filter means, at a rate.', run: (payload, call) => operator.redrive(payload, call) },
    'queue::redrive_status': { description: 'How far redrives of many have got.', run: (payload) => operator.redriveStatus(payload) },
    'queue::redrive_cancel': { description: 'Stops a redrive of many. What was moved stays moved.', run: (payload) => operator.redriveCancel(payload) },
    'queue::discard': { description: 'Gives dead letters up for good.', run: (payload, call) => operator.discard(payload, call) },
    'queue::unsubscribe': { description: 'Ends a subscription whose function will not come back.', run: (payload) => operator.unsubscribe(payload) },
    'iii::durable::publish': { description: 'Another name of `enqueue`.', run: enqueue },
    ...laterFunctions(operator),
  };
}

export function registerFunctions(functions: FunctionRegistry, service: MessageService, operator: Operator): readonly Registration[] {
  return Object.entries(entriesOf(service, operator)).map(([id, { description, run }]) => functions.register({ id, description }, run));
}

function listIn(payload: unknown): unknown {
  return typeof payload === 'object' && payload !== null && 'messages' in payload && Array.isArray(payload.messages) ? payload.messages : [payload];
}
