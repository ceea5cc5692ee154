import { describe, expect, it } from '@jest/globals';
import { startTestHost, type TestHost } from '@motia/engine-core/testing';
import { pubsub } from '@motia/module-pubsub';
import { queue } from '@motia/module-queue';
import { state } from '@motia/module-state';
import { stream } from '@motia/module-stream';

/** How a state trigger may come back to the key that it hears of. */
interface Way {
  readonly name: string;
  /** Sends on from the trigger; whoever gets it counts. */
  readonly send: { readonly functionId: string; readonly payload: Readonly<Record<string, unknown>> };
  readonly receive?: { readonly type: string; readonly config: Readonly<Record<string, unknown>> };
}
const ways: readonly Way[] = [
  { name: 'a topic', send: { functionId: 'enqueue', payload: { topic: 'loop', data: 1 } }, receive: { type: 'queue', config: { topic: 'loop', queue_config: { maxRetries: 0 } } } },
  { name: 'a named queue', send: { functionId: 'enqueue', payload: { queue: 'once', functionId: 'count', data: 1 } } },
  { name: 'a transaction', send: { functionId: 'engine::transaction', payload: { operations: [{ function_id: 'enqueue', payload: { queue: 'once', functionId: 'count', data: 1 } }] } } },
  { name: 'a published message', send: { functionId: 'publish', payload: { topic: 'loop', data: 1 } }, receive: { type: 'subscribe', config: { topic: 'loop' } } },
  {
    name: 'a stream and its trigger', send: { functionId: 'stream::set', payload: { stream_name: 'loop', group_id: 'g', item_id: 'i', data: 1 } },
    receive: { type: 'stream', config: { stream_name: 'loop' } },
  },
];
const start = (): Promise<TestHost> => startTestHost([state(), queue({ queue_configs: { once: { max_retries: 0 } } }), pubsub(), stream({ listen: false })]);
const place = { scope: 'loop', key: 'n' };

describe('S6 a loop of triggers', () => {
  it.each(ways)('through $name meets the limit of triggers, with an error that says so', async ({ name, send, receive }) => {
    await using host = await start();
    const { functions } = host;
    let refused: (error: unknown) => void = () => undefined;
    const refusal = new Promise<unknown>((resolve) => (refused = resolve));
    functions.register({ id: 'count' }, (_payload, call) =>
      functions.invoke('state::update', { ...place, ops: [{ type: 'increment', path: '', by: 1 }] }, { parent: call }).catch((error: unknown) => {
        refused(error);
        throw error;
      }));
    functions.register({ id: 'send' }, (_payload, call) =>
      functions.invoke(send.functionId, send.payload, { parent: call }).catch((error: unknown) => {
        refused(error);
        throw error;
      }));
    await host.triggers.register({ type: 'state', functionId: 'send', config: place });
    if (receive !== undefined) await host.triggers.register({ ...receive, functionId: 'count' });
    await functions.invoke('state::set', { ...place, value: 0 });
    expect(await refusal).toMatchObject(name === 'a stream and its trigger' ? { code: 'MOTIA_STREAM_TRIGGER_DEPTH' } : { code: 'MOTIA_STATE_TRIGGER_LOOP', details: { limit: 16 } });
    // A stream's trigger counts as one more.
    expect(await functions.invoke('state::get', place)).toBe(name === 'a stream and its trigger' ? 8 : 16);
  });

  it('a queue alone may go round as often as it likes: depth counts triggers of stored changes', async () => {
    await using host = await start();
    const { functions } = host;
    const done = new Promise<void>((resolve) => functions.register({ id: 'count' }, async (payload, call) => {
      const n = (payload as { readonly n: number }).n;
      await functions.invoke('state::set', { scope: 'quiet', key: 'n', value: n }, { parent: call });
      if (n === 40) resolve();
      else await functions.invoke('enqueue', { topic: 'loop', data: { n: n + 1 } }, { parent: call });
    }));
    await host.triggers.register({ type: 'queue', functionId: 'count', config: { topic: 'loop' } });
    await functions.invoke('enqueue', { topic: 'loop', data: { n: 1 } });
    await done;
    expect(await functions.invoke('state::get', { scope: 'quiet', key: 'n' })).toBe(40);
  });
});
