import { isWireValue, messageOf, type TriggersChangedParams, type TriggersChangedResult, type TriggerSpec } from '@motia/protocol';
import { sdkErrors } from '../errors.js';
import type { DynamicFunction, RegistrationChange, Registrations } from '../instance/registrations.js';
import type { TriggerInfo } from '../steps/flow-context.js';
import type { AppFunction } from './app-function.js';
import type { CompiledApp } from './compile-app.js';
import type { SdkWorker } from './sdk-worker.js';
import { toTravellingError } from './handler-error.js';

/** A plain function is called for its answer, like a request; what a queue delivers says so by its key. */
const plainCall: TriggerInfo = Object.freeze({ type: 'http' as const, index: 0 });
const place = { filePath: 'this program' };

/** An app together with what the program has registered until now. Where both have a function of one id, the Step's is served. */
export function withRegistrations(app: CompiledApp, registrations: Registrations): CompiledApp {
  const own = new Set(app.functions.map(({ spec }) => spec.id));
  const added = [...registrations.functions.values()].filter(({ spec }) => !own.has(spec.id));
  const problems = [...registrations.functions.keys()].filter((id) => own.has(id)).map((id) => sdkErrors.REGISTRATION_INVALID({ what: `The function ${id}`, problem: 'is one of a Step' }));
  return {
    ...app,
    functions: [...app.functions, ...added.map(appFunction)],
    triggers: [...app.triggers, ...[...registrations.triggers.values()].map((spec) => ({ ...place, stepName: spec.functionId, spec }))],
    types: [...registrations.types.values()].map(({ spec }) => spec),
    problems: [...app.problems, ...problems],
  };
}

/** Tells a connection what the program registers beyond what it began with: once it is live, and in the order it was made. */
export class DynamicApp {
  readonly #worker: SdkWorker;
  readonly #registrations: Registrations;
  /** Triggers of the kinds that this process implements. */
  readonly #held = new Map<string, TriggerSpec>();
  #begin!: () => void;
  #telling = new Promise<void>((resolve) => (this.#begin = resolve));

  constructor(worker: SdkWorker, registrations: Registrations) {
    this.#worker = worker;
    this.#registrations = registrations;
    worker.endpoint.onRequest('triggers/changed', (params) => this.#triggersChanged(params));
    const stop = registrations.onChange((change) => {
      this.#telling = this.#telling.then(() => this.#tell(change)).catch((error: unknown) => this.#report(error));
    });
    void worker.ended.then(stop);
  }

  /** The connection is live: what was registered meanwhile is told now. */
  begin(): void {
    this.#begin();
  }

  async #tell({ kind, added, removedId }: RegistrationChange): Promise<void> {
    const { endpoint } = this.#worker;
    const ids = removedId === undefined ? [] : [removedId];
    switch (kind) {
      case 'function':
        if (added !== undefined) {
          this.#worker.serveFunction(appFunction(added));
          return this.#refused(await endpoint.request('functions/register', { functions: [added.spec] }));
        }
        await endpoint.request('functions/unregister', { ids });
        return;
      case 'trigger':
        if (added !== undefined) return this.#refused(await endpoint.request('triggers/register', { triggers: [added] }));
        await endpoint.request('triggers/unregister', { ids });
        return;
      case 'type':
        if (added !== undefined) return this.#refused(await endpoint.request('triggerTypes/register', { types: [added.spec] }));
        await endpoint.request('triggerTypes/unregister', { ids });
        return;
    }
  }

  #refused({ rejected }: { readonly rejected: readonly { readonly id: string; readonly error: { readonly code: string; readonly message: string } }[] }): void {
    for (const { id, error } of rejected) this.#worker.log({ level: 'error', message: `${id} was not registered: ${error.code}: ${error.message}`, data: { id, code: error.code }, timestamp: Date.now(), source: 'logger' });
  }

  #report(error: unknown): void {
    this.#worker.log({ level: 'error', message: `A registration could not be told to the engine: ${messageOf(error)}`, timestamp: Date.now(), source: 'logger' });
  }

  /** The engine tells which triggers of our kinds came and went. */
  async #triggersChanged({ type, added, removed }: TriggersChangedParams): Promise<TriggersChangedResult> {
    const handler = this.#registrations.types.get(type)?.handler;
    const rejected: { id: string; error: ReturnType<ReturnType<typeof toTravellingError>['toWire']> }[] = [];
    for (const id of removed) {
      const spec = this.#held.get(id);
      this.#held.delete(id);
      if (spec === undefined || handler === undefined) continue;
      await Promise.resolve(handler.unregisterTrigger(configOf(spec) as never)).catch((error: unknown) => this.#report(error));
    }
    for (const spec of added) {
      try {
        await handler?.registerTrigger(configOf(spec) as never);
        this.#held.set(spec.id, spec);
      } catch (error) {
        rejected.push({ id: spec.id, error: toTravellingError(type, error, { triesAgain: false }).toWire() });
      }
    }
    return { rejected };
  }
}

function configOf({ id, functionId, config }: TriggerSpec): { readonly id: string; readonly function_id: string; readonly config: unknown } {
  return { id, function_id: functionId, config };
}

function appFunction({ spec, run }: DynamicFunction): AppFunction {
  return { ...place, stepName: spec.id, spec, trigger: plainCall, run: (_context, payload) => run(isWireValue(payload) ? payload.toValue() : payload) };
}
