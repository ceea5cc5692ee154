import { noOptions } from '@motia/engine-core';
import { defineModule, defineRef, type AnyAdapterDefinition } from '@motia/engine-core/contract';
import { startTestHost, type TestHost, type TestRunner } from '@motia/engine-core/testing';
import { MessageBusSlot, type BusMessage, type MessageBus } from '../message-bus.js';

export interface MessageBusConformanceOptions {
  readonly adapter: AnyAdapterDefinition;
  /** Options of the adapter. Called once per test: engines of one test share what it gives, tests do not. */
  readonly options?: () => unknown;
}

interface OpenBus extends AsyncDisposable {
  readonly bus: MessageBus;
}

const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
const BusRef = defineRef<MessageBus>('pubsub.conformance');

/**
 * What every adapter of the slot promises, as tests of the adapter's own suite:
 * `messageBusConformance({ describe, it, expect }, { adapter: LocalAdapter })`. Capabilities choose the tests.
 */
export function messageBusConformance({ describe, it, expect }: TestRunner, { adapter, options = () => undefined }: MessageBusConformanceOptions): void {
  const open = async (config: unknown): Promise<OpenBus> => {
    const host = await startTestHost([{ definition: probe(adapter.class, config) }], { definitions: [adapter] });
    return busOf(host);
  };
  const message = (topic: string, data: unknown): BusMessage => ({ topic, json: JSON.stringify(data), trace });

  describe(`${adapter.name} as a message bus`, () => {
    it('is of the slot', async () => {
      expect(adapter.slot.id).toEqual(MessageBusSlot.id);
    });

    it('brings a message with its trace to every group of its topic, and to no other', async () => {
      await using opened = await open(options());
      const [a, b, other] = [inbox(), inbox(), inbox()];
      await opened.bus.subscribe({ topic: 'orders', group: 'a' }, a.take);
      await opened.bus.subscribe({ topic: 'orders', group: 'b' }, b.take);
      await opened.bus.subscribe({ topic: 'orders.eu', group: 'a' }, other.take);
      await opened.bus.publish(message('orders', { id: 1 }));
      expect(await a.next()).toEqual(message('orders', { id: 1 }));
      expect(await b.next()).toEqual(message('orders', { id: 1 }));
      expect(other.count).toEqual(0);
    });

    it('gives one member of a group the message, never two', async () => {
      await using opened = await open(options());
      const all = inbox();
      for (let member = 0; member < 3; member += 1) await opened.bus.subscribe({ topic: 't', group: 'same' }, all.take);
      for (let n = 0; n < 30; n += 1) await opened.bus.publish(message('t', n));
      const seen = await all.take30();
      expect([...seen].sort((x, y) => x - y)).toEqual(Array.from({ length: 30 }, (_, n) => n));
    });

    it('keeps the order of one publisher and topic', async () => {
      await using opened = await open(options());
      const all = inbox();
      await opened.bus.subscribe({ topic: 't', group: 'g' }, all.take);
      for (let n = 0; n < 30; n += 1) await opened.bus.publish(message('t', n));
      expect(await all.take30()).toEqual(Array.from({ length: 30 }, (_, n) => n));
    });

    it('ending one subscription leaves all others of the topic, also of its group', async () => {
      await using opened = await open(options());
      const [leaving, sibling, other] = [inbox(), inbox(), inbox()];
      const ending = await opened.bus.subscribe({ topic: 't', group: 'g' }, leaving.take);
      await opened.bus.subscribe({ topic: 't', group: 'g' }, sibling.take);
      await opened.bus.subscribe({ topic: 't', group: 'h' }, other.take);
      ending.dispose();
      ending.dispose();
      await opened.bus.publish(message('t', 1));
      await sibling.next();
      await other.next();
      expect([leaving.count, sibling.count, other.count]).toEqual([0, 1, 1]);
    });

    it('keeps nothing for who comes later', async () => {
      await using opened = await open(options());
      await opened.bus.publish(message('t', 'early'));
      const late = inbox();
      await opened.bus.subscribe({ topic: 't', group: 'g' }, late.take);
      await opened.bus.publish(message('t', 'now'));
      expect(await late.next()).toEqual(message('t', 'now'));
      expect(late.count).toEqual(1);
    });

    it('a listener that throws hurts neither the publisher nor the others', async () => {
      await using opened = await open(options());
      const other = inbox();
      await opened.bus.subscribe({ topic: 't', group: 'a' }, () => {
        throw new Error('on purpose');
      });
      await opened.bus.subscribe({ topic: 't', group: 'b' }, other.take);
      await opened.bus.publish(message('t', 1));
      expect(await other.next()).toEqual(message('t', 1));
    });

    it('takes subscriptions and their ends while it delivers', async () => {
      await using opened = await open(options());
      const late = inbox();
      const first = await opened.bus.subscribe({ topic: 't', group: 'a' }, () => {
        first.dispose();
        void opened.bus.subscribe({ topic: 't', group: 'late' }, late.take).then(() => opened.bus.publish(message('t', 2)));
      });
      await opened.bus.publish(message('t', 1));
      const next = await late.next();
      expect(next.json).toEqual('2');
    });

    if (!adapter.capabilities.includes('engines')) return;

    it('reaches subscribers of another engine, and counts a group of both engines once', async () => {
      const shared = options();
      await using here = await open(shared);
      await using there = await open(shared);
      const [own, far, both] = [inbox(), inbox(), inbox()];
      await here.bus.subscribe({ topic: 't', group: 'own' }, own.take);
      await there.bus.subscribe({ topic: 't', group: 'far' }, far.take);
      await here.bus.subscribe({ topic: 't', group: 'both' }, both.take);
      await there.bus.subscribe({ topic: 't', group: 'both' }, both.take);
      for (let n = 0; n < 30; n += 1) await here.bus.publish(message('t', n));
      expect(await own.take30()).toEqual(Array.from({ length: 30 }, (_, n) => n));
      expect(await far.take30()).toEqual(Array.from({ length: 30 }, (_, n) => n));
      const seen = await both.take30();
      expect([...seen].sort((x, y) => x - y)).toEqual(Array.from({ length: 30 }, (_, n) => n));
    });
  });
}

/** A module that does nothing but lend the bus. */
function probe(adapterClass: string, config: unknown) {
  return defineModule({
    name: '@motia/pubsub-probe', version: '0.0.0', contract: 1, class: 'modules::pubsub::Probe', options: noOptions, provides: { bus: BusRef },
    async create(ctx) {
      const { service } = await ctx.adapter(MessageBusSlot, { class: adapterClass, ...(config === undefined ? {} : { config }) });
      return { services: { bus: service } };
    },
  });
}

function busOf(host: TestHost): OpenBus {
  return { bus: host.service(BusRef), [Symbol.asyncDispose]: () => host.stop() };
}

/** Collects messages and lets a test wait for them. */
function inbox() {
  const messages: BusMessage[] = [];
  const waiting: (() => void)[] = [];
  let read = 0;
  const next = async (): Promise<BusMessage> => {
    while (messages.length <= read) await new Promise<void>((resolve) => waiting.push(resolve));
    return messages[read++] as BusMessage;
  };
  return {
    take: (taken: BusMessage): void => {
      messages.push(taken);
      for (const resolve of waiting.splice(0)) resolve();
    },
    next,
    take30: async (): Promise<readonly number[]> => {
      const seen: number[] = [];
      while (seen.length < 30) seen.push(JSON.parse((await next()).json) as number);
      return seen;
    },
    get count() {
      return messages.length;
    },
  };
}
