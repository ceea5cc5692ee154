import { Type } from '@sinclair/typebox';
import type { Equal, Expect } from '@motia/tools/type-tests';
import { createEngine, defineOptions, type Engine } from '@motia/engine-core';
import { defineAdapter, defineModule, defineRef, moduleFactory, type AdapterSlot, type Logger } from '@motia/engine-core/contract';
import { embed } from '@motia/engine-core/embed';
import { ManualClock, startTestHost } from '@motia/engine-core/testing';

interface Counter {
  next(): number;
}
const CounterRef = defineRef<Counter>('test.counter');
const StoreSlot: AdapterSlot<Counter, 'durable' | 'shared'> = { id: 'test.store', capabilities: ['durable', 'shared'], fallback: 'test::Memory' };
const options = defineOptions(Type.Object({ port: Type.Integer({ default: 1 }), host: Type.Optional(Type.String()) }));
const common = { name: 'test', version: '1.0.0', class: 'test::Module', options } as const;

export const Good = defineModule({
  ...common,
  contract: 1,
  requires: { counter: CounterRef },
  optional: { other: CounterRef },
  provides: { answer: CounterRef },
  create: async (context, given) => {
    type _Options = Expect<Equal<typeof given, { host?: string; port: number }>>;
    type _Required = Expect<Equal<typeof context.services.counter, Counter>>;
    type _Optional = Expect<Equal<typeof context.services.other, Counter | undefined>>;
    type _Logger = Expect<Equal<typeof context.logger, Logger>>;
    // @ts-expect-error a service that was not declared
    void context.services.undeclared;
    return { services: { answer: context.services.counter } };
  },
});

// @ts-expect-error another contract number
export const WrongContract = defineModule({ ...common, contract: 2, create: async () => ({ services: {} }) });

export const MissingService = defineModule({
  ...common,
  contract: 1,
  provides: { answer: CounterRef },
  // @ts-expect-error a declared service that is not returned
  create: async () => ({ services: {} }),
});

export const Adapter = defineAdapter({ ...common, contract: 1, slot: StoreSlot, capabilities: ['durable'], create: async () => ({ service: { next: () => 1 } }) });
// @ts-expect-error a capability that the slot does not know
export const Boastful = defineAdapter({ ...common, contract: 1, slot: StoreSlot, capabilities: ['flying'], create: async () => ({ service: { next: () => 1 } }) });
// @ts-expect-error a service of another shape
export const Misfit = defineAdapter({ ...common, contract: 1, slot: StoreSlot, capabilities: [], create: async () => ({ service: {} }) });

export async function uses(): Promise<void> {
  const good = moduleFactory<{ port?: number }>(Good);
  const engine: Engine = await createEngine({ modules: [good({ port: 1 })] });
  type _Service = Expect<Equal<ReturnType<typeof engine.service<Counter>>, Counter>>;
  engine.service(CounterRef).next();
  const embedded = await embed(Good, { port: 1 });
  type _Provided = Expect<Equal<typeof embedded.services.answer, Counter>>;
  const host = await startTestHost([good()], { clock: new ManualClock() });
  await host.clock?.advance('3d');
  // @ts-expect-error the mode is one of two words
  await createEngine({ mode: 'test' });
}
