import { messageOf, type PubSubService, type Telemetry, type TraceContext } from '@motia/engine-core/contract';
import { pubsubErrors } from './errors.js';
import type { MessageBus } from './message-bus.js';
import { checkTopic } from './topic.js';

/** Puts messages on the bus: the function `publish` and the service of other modules. */
export class Publisher implements PubSubService {
  readonly #bus: MessageBus;
  readonly #telemetry: Telemetry;
  readonly #published;
  #isOpen = false;

  constructor(bus: MessageBus, telemetry: Telemetry) {
    this.#bus = bus;
    this.#telemetry = telemetry;
    this.#published = telemetry.meter.counter('iii.pubsub.published', { description: 'Messages that were published', unit: '{message}' });
  }

  open(): void {
    this.#isOpen = true;
  }

  close(): void {
    this.#isOpen = false;
  }

  /** The function `publish`: `{ topic, data }`, answers null. */
  async call(payload: unknown, origin: { readonly trace: TraceContext; readonly triggerDepth?: number }): Promise<null> {
    const { topic, data } = (typeof payload === 'object' && payload !== null ? payload : {}) as { readonly topic?: unknown; readonly data?: unknown };
    await this.publish(checkTopic(topic), data, origin);
    return null;
  }

  /** @throws `MOTIA_PUBSUB_TOPIC_NOT_SET`, `MOTIA_PUBSUB_INVALID_TOPIC`, `MOTIA_PUBSUB_NOT_SERIALIZABLE`, `MOTIA_PUBSUB_STOPPED` */
  async publish(topic: string, data: unknown, options: { readonly trace?: TraceContext; readonly triggerDepth?: number } = {}): Promise<void> {
    checkTopic(topic);
    if (!this.#isOpen) throw pubsubErrors.STOPPED({ topic });
    const json = jsonOf(topic, data);
    const { triggerDepth } = options;
    const span = this.#telemetry.startSpan(`publish ${topic}`, {
      kind: 'producer',
      ...(options.trace === undefined ? {} : { parent: options.trace }),
      ...(this.#telemetry.recording ? { attributes: { 'messaging.system': 'iii', 'messaging.operation.type': 'send', 'messaging.destination.name': topic } } : {}),
    });
    try {
      await this.#bus.publish({ topic, json, trace: span.context, ...(triggerDepth === undefined ? {} : { triggerDepth }) });
      this.#published.add(1, { 'messaging.destination.name': topic });
      span.end();
    } catch (error) {
      span.end({ error });
      throw error;
    }
  }
}

function jsonOf(topic: string, data: unknown): string {
  try {
    // Undefined and functions have no text.
    const json: string | undefined = JSON.stringify(data);
    return json ?? 'null';
  } catch (error) {
    throw pubsubErrors.NOT_SERIALIZABLE({ topic, reason: (messageOf(error)).split('\n')[0] ?? '' }, error);
  }
}
