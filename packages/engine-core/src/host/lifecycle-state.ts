import { engineErrors } from '../errors.js';

/** What may follow a state, and the operation that leads there. */
export type TransitionTable<S extends string> = Readonly<Record<S, Readonly<Partial<Record<S, string>>>>>;

/**
 * One plugin. `failed` is reached from any operation that opens something; the only way on is to stop, which is also
 * how a plugin that was created and never started is let go.
 */
export type PluginState = 'planned' | 'creating' | 'created' | 'starting' | 'started' | 'draining' | 'drained' | 'stopping' | 'stopped' | 'failed';
export const pluginTransitions: TransitionTable<PluginState> = {
  planned: { creating: 'create', stopped: 'stop' },
  creating: { created: 'finish create', failed: 'fail' },
  created: { starting: 'start', stopping: 'stop' },
  starting: { started: 'finish start', failed: 'fail' },
  started: { draining: 'drain', stopping: 'stop' },
  draining: { drained: 'finish drain' },
  drained: { stopping: 'stop' },
  stopping: { stopped: 'finish stop' },
  failed: { stopping: 'stop' },
  stopped: {},
};

/**
 * The engine. A failed start passes through `stopping`, because everything already started is stopped again, and ends
 * in `failed`. An engine starts once and stops once.
 */
export type EngineState = 'idle' | 'starting' | 'ready' | 'draining' | 'stopping' | 'stopped' | 'failed';
export const engineTransitions: TransitionTable<EngineState> = {
  idle: { starting: 'start', stopping: 'stop' },
  starting: { ready: 'finish start', stopping: 'stop' },
  ready: { draining: 'stop' },
  draining: { stopping: 'finish drain' },
  stopping: { stopped: 'finish stop', failed: 'fail' },
  stopped: {},
  failed: {},
};

/** Holds one state; the only place where it changes. */
export interface StateMachine<S extends string> {
  readonly state: S;
  /** @throws `MOTIA_ENGINE_LIFECYCLE_ILLEGAL` when the table has no such step. */
  to(next: S): void;
}

/**
 * @param options.subject who the machine is about, for the error of an illegal step
 * @param options.onChanged called after each step
 */
export function stateMachine<S extends string>(
  table: TransitionTable<S>,
  options: { readonly subject: string; readonly initial: S; readonly onChanged?: (state: S, before: S) => void },
): StateMachine<S> {
  let state = options.initial;
  return {
    get state() {
      return state;
    },
    to(next) {
      const before = state;
      if (table[before][next] === undefined) throw engineErrors.LIFECYCLE_ILLEGAL({ subject: options.subject, state: before, operation: operationTo(table, next) });
      state = next;
      options.onChanged?.(next, before);
    },
  };
}

function operationTo<S extends string>(table: TransitionTable<S>, next: S): string {
  for (const steps of Object.values<Readonly<Partial<Record<S, string>>>>(table)) {
    const operation = steps[next];
    if (operation !== undefined) return operation;
  }
  return next;
}
