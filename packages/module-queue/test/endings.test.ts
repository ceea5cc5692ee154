import { describe, expect, it } from '@jest/globals';
import { Endings } from '../src/dispatch/endings.js';

describe('waiting for messages to end', () => {
  it('listens to a signal once, however many wait with it, and tells all of them', () => {
    const { signal, abort } = watched();
    const endings = new Endings();
    const told: number[] = [];
    const leaves = Array.from({ length: 1_000 }, (_, n) => endings.wait(`message-${n}`, () => told.push(n), signal));
    expect(signal.listeners).toBe(1);
    endings.tell('message-7');
    expect(told).toEqual([7]);
    for (const leave of leaves.slice(0, 998)) leave();
    abort();
    expect(told).toEqual([7, 998, 999]);
  });
});

/** A signal that counts who listens. */
function watched(): { readonly signal: AbortSignal & { readonly listeners: number }; abort(): void } {
  const controller = new AbortController();
  let listeners = 0;
  const add = controller.signal.addEventListener.bind(controller.signal);
  const signal = Object.defineProperties(controller.signal, {
    listeners: { get: () => listeners },
    addEventListener: { value: (...given: Parameters<typeof add>) => { listeners += 1; add(...given); } },
  }) as AbortSignal & { readonly listeners: number };
  return { signal, abort: () => controller.abort() };
}
