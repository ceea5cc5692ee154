import type { OpenSpan, Telemetry, TraceContext } from '@motia/engine-core/contract';
import type { Delivery } from '../job.js';
import type { LocalQueue } from '../dispatch/local-queue.js';

/** The spans of one delivery: how long the job waited, then a consumer span that lasts until it is settled. All in the trace of whoever enqueued it. */
export class DeliveryTrace {
  /** What the handler's call gets as parent. */
  readonly context: TraceContext;
  readonly #span: OpenSpan | undefined;

  constructor(telemetry: Telemetry, queue: LocalQueue, delivery: Delivery) {
    const parent = delivery.trace;
    if (!telemetry.recording) {
      this.context = parent ?? telemetry.newTrace();
      this.#span = undefined;
      return;
    }
    const attributes = {
      'messaging.system': 'motia',
      'messaging.destination.name': queue.identity.name,
      'messaging.message.id': delivery.messageId,
      'iii.function.id': delivery.functionId,
      'iii.queue.attempt': delivery.attempts + delivery.losses + 1,
      'iii.queue.delivery': delivery.lease,
    };
    const wait = telemetry.startSpan(`wait ${queue.identity.name}`, { kind: 'internal', ...(parent === undefined ? {} : { parent }), attributes, startedAtMs: delivery.readyAtMs });
    wait.end();
    this.#span = telemetry.startSpan(`process ${queue.identity.name}`, {
      kind: 'consumer',
      parent: parent ?? wait.context,
      attributes: { ...attributes, 'messaging.operation.type': 'process' },
    });
    this.context = this.#span.context;
  }

  get traceId(): string {
    return this.context.traceparent.slice(3, 35);
  }

  get spanId(): string {
    return this.context.traceparent.slice(36, 52);
  }

  event(name: string, attributes: Readonly<Record<string, string | number>>): void {
    this.#span?.event(name, attributes);
  }

  end(error?: unknown): void {
    this.#span?.end(error === undefined ? undefined : { error });
  }
}
