import { isMotiaError, type MotiaError } from '@motia/protocol';
import type { Clock } from '../../src/contract/clock.js';
import { createKernel, type Kernel, type KernelOptions } from '../../src/kernel.js';
import { systemClock } from '../../src/system/system-clock.js';
import { memoryLogger, type MemoryLogger } from '../../src/testing/memory-logger.js';

export interface TestKernel extends AsyncDisposable {
  readonly kernel: Kernel;
  readonly log: MemoryLogger;
}

/** A kernel alone: registries, calls and workers, without config and modules. */
export function startKernel(options: Partial<Omit<KernelOptions, 'clock'>> & { readonly clock?: Clock } = {}): TestKernel {
  const log = memoryLogger();
  const kernel = createKernel({ clock: systemClock, logger: log, logs: log, engine: { name: 'iii', version: '0.0.0' }, ...options });
  return { kernel, log, [Symbol.asyncDispose]: () => kernel.stop() };
}

/** The coded error of a promise that must fail. */
export async function failureOf(work: Promise<unknown>): Promise<MotiaError> {
  try {
    const value = await work;
    throw new Error(`expected a failure, got ${JSON.stringify(value)}`);
  } catch (error) {
    if (isMotiaError(error)) return error;
    throw error;
  }
}

/** Resolves in a later turn of the event loop, after everything that is on its way between two in-memory ends. */
export async function turns(count = 4): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** A promise with its ends, for handlers that wait until the test lets them go. */
export function gate<T = void>(): { readonly promise: Promise<T>; open(value: T): void; fail(error: Error): void } {
  let open!: (value: T) => void;
  let fail!: (error: Error) => void;
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}
