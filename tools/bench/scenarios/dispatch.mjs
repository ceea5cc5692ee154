import { createEngine } from '@motia/engine-core';
import { median, table } from '../measure/statistics.mjs';

/** `functions.invoke` of a handler in the same process, beside calling the handler through a promise. */
export async function dispatch({ rounds, calls = 200_000 }) {
  const engine = await createEngine({ modules: [] });
  const handler = (payload) => payload;
  engine.functions.register({ id: 'bench::echo' }, handler);
  await engine.start();
  const payload = { product: 'tea', quantity: 2 };
  const through = async () => {
    for (let call = 0; call < calls; call += 1) await engine.functions.invoke('bench::echo', payload);
  };
  const bare = async () => {
    for (let call = 0; call < calls; call += 1) await Promise.resolve(handler(payload));
  };
  const micros = async (work) => {
    const startedAt = performance.now();
    await work();
    return ((performance.now() - startedAt) * 1000) / calls;
  };
  await through();
  const series = { invoke: [], bare: [] };
  for (let round = 0; round < rounds; round += 1) {
    series.invoke.push(await micros(through));
    series.bare.push(await micros(bare));
  }
  await engine.stop();
  return series;
}

export function renderDispatch({ invoke, bare }) {
  return table(
    ['in-process dispatch', 'µs a call (median)'],
    [
      ['functions.invoke', median(invoke).toFixed(2)],
      ['bare promise', median(bare).toFixed(2)],
    ],
  );
}
