import type { Clock, Timer } from '../contract/clock.js';
import type { Lifecycle } from '../contract/module.js';
import { engineErrors } from '../errors.js';
import { pluginTransitions, stateMachine, type PluginState } from './lifecycle-state.js';
import { runPhase } from './run-phase.js';

/** How long each step of one plugin may take, in milliseconds. */
export interface PhaseTimeouts {
  /** Default 10,000. */
  readonly createMs: number;
  /** Default 30,000. */
  readonly startMs: number;
  /** Of all plugins together. Default 3,000 in development and 30,000 in production. */
  readonly drainMs: number;
  /** Of each plugin. Default 30,000: what the stop ladder of a production process takes, and a little more. */
  readonly stopMs: number;
}

/** In development somebody sits there and waits; in production requests are worth more than the seconds. */
export function defaultTimeouts(mode: 'development' | 'production'): PhaseTimeouts {
  return { createMs: 10_000, startMs: 30_000, drainMs: mode === 'development' ? 3_000 : 30_000, stopMs: 30_000 };
}

/** One instance of a module or an adapter, and the only caller of its lifecycle. */
export interface Plugin {
  readonly id: string;
  readonly state: PluginState;
  start(interrupt: AbortSignal): Promise<void>;
  /** Resolves at the latest shortly after `deadline` aborted. Does nothing for a plugin that is not started. */
  drain(deadline: AbortSignal): Promise<void>;
  /** Whatever the state: a plugin that was never created just becomes `stopped`. */
  stop(): Promise<void>;
}

/** Time that a plugin has to settle after its drain deadline aborted. */
const drainGraceMs = 500;

export interface PluginOptions {
  readonly id: string;
  readonly clock: Clock;
  readonly timeouts: PhaseTimeouts;
  /** Takes back what the plugin registered. Called once, after `stop` or a failed `create`. */
  readonly release: () => void;
  readonly onStarted: () => void;
}

/**
 * Creates a plugin.
 * @throws what `create` threw, after `release`
 */
export async function createPlugin<L extends Lifecycle>(options: PluginOptions, create: () => Promise<L>): Promise<{ readonly plugin: Plugin; readonly lifecycle: L }> {
  const { id, clock, timeouts } = options;
  const machine = stateMachine<PluginState>(pluginTransitions, { subject: id, initial: 'planned' });
  let lifecycle: L;
  machine.to('creating');
  try {
    lifecycle = await runPhase({ clock, module: id, phase: 'create', timeoutMs: timeouts.createMs }, create, (late) => {
      // Nobody will ever hear of this instance: let it go as if it had been stopped.
      void runPhase({ clock, module: id, phase: 'stop', timeoutMs: timeouts.stopMs }, () => late.stop?.()).catch(() => undefined);
    });
  } catch (error) {
    machine.to('failed');
    options.release();
    throw error;
  }
  machine.to('created');

  const plugin: Plugin = {
    id,
    get state() {
      return machine.state;
    },
    async start(interrupt) {
      machine.to('starting');
      try {
        await runPhase({ clock, module: id, phase: 'start', timeoutMs: timeouts.startMs }, () => lifecycle.start?.(interrupt));
      } catch (error) {
        machine.to('failed');
        throw error;
      }
      machine.to('started');
      options.onStarted();
    },
    async drain(deadline) {
      if (machine.state !== 'started') return;
      machine.to('draining');
      try {
        await drainUntil(lifecycle, deadline, { clock, module: id, drainMs: timeouts.drainMs });
      } finally {
        machine.to('drained');
      }
    },
    async stop() {
      if (machine.state === 'stopping' || machine.state === 'stopped') return;
      machine.to('stopping');
      try {
        await runPhase({ clock, module: id, phase: 'stop', timeoutMs: timeouts.stopMs }, () => lifecycle.stop?.());
      } finally {
        machine.to('stopped');
        options.release();
      }
    },
  };
  return { plugin, lifecycle };
}

function drainUntil(lifecycle: Lifecycle, deadline: AbortSignal, who: { readonly clock: Clock; readonly module: string; readonly drainMs: number }): Promise<void> {
  if (lifecycle.drain === undefined) return Promise.resolve();
  const settled = runPhase({ clock: who.clock, module: who.module, phase: 'drain', timeoutMs: Number.POSITIVE_INFINITY }, () => lifecycle.drain?.(deadline));
  return new Promise((resolve, reject) => {
    let grace: Timer | undefined;
    const onAbort = (): void => {
      // A well-made plugin resolves at once now. One that hangs is left behind: stop comes next.
      grace = who.clock.setTimeout(() => reject(engineErrors.PHASE_TIMEOUT({ module: who.module, phase: 'drain', timeoutMs: who.drainMs })), drainGraceMs);
    };
    const onSettled = (): void => {
      who.clock.clear(grace);
      deadline.removeEventListener('abort', onAbort);
    };
    if (deadline.aborted) onAbort();
    else deadline.addEventListener('abort', onAbort, { once: true });
    settled.finally(onSettled).then(resolve, reject);
  });
}
