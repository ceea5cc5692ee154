import { isMotiaError, StateServiceRef, type AnyAdapterDefinition, type InvocationContext, type ModuleUse, type StateService } from '@motia/engine-core/contract';
import { ManualClock, startTestHost, type TestHost } from '@motia/engine-core/testing';
import { state, type StateInput } from '../index.js';

/** What a store is tested with. */
export interface StateStoreSubject {
  readonly adapter: AnyAdapterDefinition;
  /** Options of the adapter. Called once per store: each call names a place of its own, and the same options find what was kept there. */
  readonly options: () => unknown;
  /** What this way of using the adapter can do. Default: what its definition says. */
  readonly capabilities?: readonly string[];
  /** Modules that it needs. Called once per engine. */
  readonly support?: () => readonly ModuleUse[];
}

/** An engine with the state module on the store under test. */
export interface StateEngine extends AsyncDisposable {
  readonly host: TestHost<ManualClock>;
  readonly clock: ManualClock;
  readonly service: StateService;
  call<T = unknown>(functionId: string, payload: unknown): Promise<T>;
  /** The code and details of what a call fails with. */
  failure(functionId: string, payload: unknown): Promise<{ readonly code: string; readonly details: Readonly<Record<string, unknown>> }>;
  /** Registers a function as a `state` trigger. Answers what it gets, as it comes. */
  watch(config?: Readonly<Record<string, unknown>>): Promise<Watcher>;
}
export interface Watcher {
  readonly seen: readonly StateEvent[];
  readonly calls: readonly InvocationContext[];
  /** Resolves when so many have come. */
  reached(count: number): Promise<void>;
}
export interface StateEvent {
  readonly type: string;
  readonly event_type: string;
  readonly scope: string;
  readonly group_id: string;
  readonly key: string;
  readonly item_id: string;
  readonly old_value: unknown;
  readonly new_value: unknown;
  readonly version: number;
  readonly expired?: boolean;
}

let watchers = 0;

/** Starts an engine on a place of its own, or on the place of another with its `options`. */
export async function startStateEngine(subject: StateStoreSubject, options: unknown, more: StateInput = {}, clock = new ManualClock()): Promise<StateEngine> {
  const { adapter, support = () => [] } = subject;
  const host = await startTestHost([...support(), state({ ...more, adapter: { class: adapter.class, config: options } })], { clock, definitions: [adapter] });
  return {
    host, clock,
    service: host.service(StateServiceRef),
    call: <T>(functionId: string, payload: unknown) => host.functions.invoke(functionId, payload) as Promise<T>,
    failure: (functionId, payload) => host.functions.invoke(functionId, payload).then(
      (value) => { throw new Error(`${functionId} did not fail, it answered ${JSON.stringify(value)}`); },
      (error: unknown) => {
        if (!isMotiaError(error)) throw error;
        return { code: error.code, details: error.details as Readonly<Record<string, unknown>> };
      },
    ),
    async watch(config = {}) {
      watchers += 1;
      const functionId = `watcher-${watchers}`;
      const seen: StateEvent[] = [];
      const calls: InvocationContext[] = [];
      const waiting = new Set<() => void>();
      host.functions.register({ id: functionId }, (payload, call) => {
        seen.push(payload as StateEvent);
        calls.push(call);
        for (const look of [...waiting]) look();
      });
      await host.triggers.register({ type: 'state', functionId, config });
      const reached = (count: number): Promise<void> => new Promise((resolve) => {
        const look = (): void => {
          if (seen.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
      return { seen, calls, reached };
    },
    [Symbol.asyncDispose]: () => host.stop(),
  };
}
