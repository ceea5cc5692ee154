import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { PendingUnit } from '../src/service/pending.js';
import { TurnQueue } from '../src/service/turn-queue.js';

function start({ isBeside }: { readonly isBeside: boolean }) {
  const handedOver: string[][] = [];
  const goesOn: boolean[] = [];
  const abandoned: string[] = [];
  const names = new Map<unknown, string>();
  const write = (units: readonly unknown[], more: boolean): void => {
    handedOver.push(units.map((unit) => names.get(unit) ?? ''));
    goesOn.push(more);
  };
  const queue = new TurnQueue({ write, isBeside: () => isBeside });
  const unit = (name: string, failure?: PendingUnit['failure']): PendingUnit => {
    const made = { commands: [{ program: 'p', command: 'c', input: name, nowMs: 1 }], failure, settle: () => undefined, abandon: () => void abandoned.push(name) };
    names.set(made, name);
    return made;
  };
  return { queue, unit, handedOver, goesOn, abandoned };
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

describe('what a turn changes', () => {
  it('reaches a writer on the same thread together, when the turn ends', async () => {
    const { queue, unit, handedOver } = start({ isBeside: false });
    for (const name of numbers(1, 100)) queue.add(unit(name));
    expect(handedOver).toEqual([]);
    await nextTurn();
    expect(handedOver).toEqual([numbers(1, 100)]);
  });

  it('reaches a writer in a thread of its own while the turn goes on, in its order', async () => {
    const { queue, unit, handedOver, goesOn } = start({ isBeside: true });
    for (const name of numbers(1, 70)) queue.add(unit(name));
    expect(handedOver).toEqual([numbers(1, 32), numbers(33, 64)]);
    await nextTurn();
    expect(handedOver).toEqual([numbers(1, 32), numbers(33, 64), numbers(65, 70)]);
    expect(goesOn).toEqual([true, true, false]);
  });

  it('waits behind a transaction until the turn ends: only then it is known whether that is to be run', async () => {
    const { queue, unit, handedOver, abandoned } = start({ isBeside: true });
    queue.add(unit('1'));
    queue.addTransaction(unit('refused', { error: new Error('refused') }));
    for (const name of numbers(2, 50)) queue.add(unit(name));
    expect(handedOver).toEqual([]);
    await nextTurn();
    expect([handedOver, abandoned]).toEqual([[numbers(1, 50)], ['refused']]);
    for (const name of numbers(51, 82)) queue.add(unit(name));
    expect(handedOver.at(-1)).toEqual(numbers(51, 82));
  });
});
