import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context, ContextManager } from '@opentelemetry/api';
import { currentScope, type InvocationScope } from '../../context/invocation-scope.js';
import { identityOf } from '../trace-ids.js';

export type OpenTelemetryApi = typeof import('@opentelemetry/api');

interface Held {
  /** The call in which it was made active: it does not outlive that. */
  readonly scope: InvocationScope | undefined;
  readonly context: Context;
}

/**
 * Context of the OpenTelemetry API on top of the scope of the running call: where nobody has made another context active,
 * the one of the call is, so that a call costs nothing until somebody asks.
 */
export class ApiContextManager implements ContextManager {
  readonly #api: OpenTelemetryApi;
  readonly #storage = new AsyncLocalStorage<Held>();
  readonly #ofScopes = new WeakMap<InvocationScope, Context>();

  constructor(api: OpenTelemetryApi) {
    this.#api = api;
  }

  active(): Context {
    const scope = currentScope();
    return this.heldIn(scope) ?? (scope === undefined ? this.#api.ROOT_CONTEXT : this.contextOf(scope));
  }

  /** The context that was made active inside this call. */
  heldIn(scope: InvocationScope | undefined): Context | undefined {
    const held = this.#storage.getStore();
    return held !== undefined && held.scope === scope ? held.context : undefined;
  }

  /** The call's span as a remote parent. */
  contextOf(scope: InvocationScope): Context {
    let context = this.#ofScopes.get(scope);
    if (context === undefined) {
      context = remoteContext(this.#api, scope);
      this.#ofScopes.set(scope, context);
    }
    return context;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(context: Context, fn: F, thisArg?: ThisParameterType<F>, ...args: A): ReturnType<F> {
    return this.#storage.run({ scope: currentScope(), context }, () => fn.apply(thisArg, args));
  }

  bind<T>(context: Context, target: T): T {
    if (typeof target !== 'function') return target;
    const bound = target as unknown as (...args: unknown[]) => unknown;
    const manager = this as ContextManager;
    const wrapper = function (this: unknown, ...args: unknown[]): unknown {
      return manager.with(context, bound, this, ...args);
    };
    Object.defineProperty(wrapper, 'length', { value: bound.length, configurable: true });
    return wrapper as unknown as T;
  }

  enable(): this {
    return this;
  }
  disable(): this {
    this.#storage.disable();
    return this;
  }
}

/** The span of a call as the parent of what happens in it. */
export function remoteContext(api: OpenTelemetryApi, scope: InvocationScope): Context {
  const identity = identityOf(scope.trace);
  if (identity === undefined) return api.ROOT_CONTEXT;
  const { traceId, spanId, flags } = identity;
  const { tracestate } = scope.trace ?? {};
  return api.trace.setSpanContext(api.ROOT_CONTEXT, { traceId, spanId, traceFlags: flags, isRemote: true, ...(tracestate === undefined ? {} : { traceState: api.createTraceState(tracestate) }) });
}
