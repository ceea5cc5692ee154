import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SingleFlight } from '../src/single-flight.js';

describe('single flight', () => {
  it('E6 never overlaps runs, and a request is always served by a run that began after it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 12 }), async (scheduler, count) => {
        let running = 0;
        const runs: (readonly number[])[] = [];
        const flight = new SingleFlight<number>(async (inputs) => {
          expect(++running).toBe(1);
          runs.push(inputs);
          await scheduler.schedule(Promise.resolve(), 'run');
          running--;
          if (inputs.includes(3)) throw new Error('three');
        });
        const requests = scheduler.scheduleSequence(
          Array.from({ length: count }, (_, index) => async () => {
            const begun = runs.length;
            const done = flight.request(index).catch(() => 'failed');
            void done.then(() => {
              const servedBy = runs.findIndex((inputs) => inputs.includes(index));
              expect(servedBy).toBeGreaterThanOrEqual(begun);
            });
          }),
        );
        await scheduler.waitFor(requests.task);
        await scheduler.waitFor(flight.idle());
        expect(runs.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
      }),
    );
  });

  it('E6 turns a burst during a run into one further run', async () => {
    let release!: () => void;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const runs: (readonly number[])[] = [];
    const flight = new SingleFlight<number>(async (inputs) => {
      runs.push(inputs);
      await gate;
    });
    const requests = Array.from({ length: 200 }, (_, index) => flight.request(index));
    release();
    await Promise.all(requests);
    expect(runs.map((inputs) => inputs.length)).toEqual([1, 199]);
  });

  it('tells a failure to those whose run failed and to nobody else', async () => {
    const flight = new SingleFlight<string>(async (inputs) => {
      if (inputs.includes('bad')) throw new Error('bad');
    });
    await expect(flight.request('bad')).rejects.toThrow('bad');
    await expect(flight.request('good')).resolves.toBeUndefined();
  });
});
