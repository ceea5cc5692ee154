import type { RegistrationRejection } from '@motia/protocol';
import type { Logger } from '../contract/logger.js';
import { invocationErrors } from '../errors/invocation-errors.js';
import type { FunctionEntry } from '../functions/function-entry.js';
import type { FunctionTable } from '../functions/function-table.js';
import type { TriggerTable } from '../triggers/trigger-table.js';
import type { WorkerConnection } from './worker-connection.js';
import { rejectionOf } from './worker-registrations.js';
import type { LiveChange } from './worker-requests.js';

const nothing: ReadonlySet<string> = new Set();

/**
 * Changes who serves what, in one step. Functions change at once and together, new servers before old ones leave, so a
 * call finds one or the other and never none. Then each trigger type that is touched gets one change with everything
 * that came and went.
 */
export class WorkerSwap {
  readonly #functions: FunctionTable;
  readonly #triggers: TriggerTable;
  readonly #logger: Logger;
  readonly #nextSequence: () => number;
  readonly #rejections = new WeakMap<WorkerConnection, RegistrationRejection[]>();

  constructor(functions: FunctionTable, triggers: TriggerTable, logger: Logger, nextSequence: () => number) {
    this.#functions = functions;
    this.#triggers = triggers;
    this.#logger = logger;
    this.#nextSequence = nextSequence;
  }

  /** @throws `MOTIA_ENGINE_SWAP_REFUSED` naming what a trigger type would not bind, if the swap were made now */
  assertBindable(arriving: readonly WorkerConnection[], leaving: readonly WorkerConnection[]): void {
    const triggers = arriving.flatMap((holder) => [...holder.registrations.triggers.values()].map((trigger) => ({ ...trigger, holder })));
    const refused = this.#triggers.preview(triggers, new Set(leaving));
    if (refused.size === 0) return;
    const problems = [...refused].map(([{ type, functionId }, { code, message }]) => ({ type, functionId, code, reason: message }));
    throw invocationErrors.SWAP_REFUSED({ problems });
  }

  /** Resolves when every trigger type has applied its change. */
  async run(arriving: readonly WorkerConnection[], leaving: readonly WorkerConnection[]): Promise<void> {
    const touched = new Set<FunctionEntry>();
    const types = new Set<string>();
    for (const worker of arriving) {
      worker.onActivated(this.#nextSequence());
      const { functions, triggers, types: offers } = worker.registrations;
      const rejections = this.#enter(worker, { functionIds: [...functions.keys()], triggers: [...triggers.values()], offers: [...offers.values()] }, touched, types);
      this.#rejections.set(worker, rejections);
    }
    for (const worker of leaving) {
      worker.onDraining();
      const { functions, triggers, types: offers } = worker.registrations;
      this.#leave(worker, { goneFunctionIds: [...functions.keys()], goneTriggers: [...triggers.values()], goneOffers: [...offers.values()] }, touched, types, nothing);
    }
    this.#functions.announceServed(touched);
    await this.#triggers.settle(types);
  }

  /** What a live worker registers or takes back. */
  async change(worker: WorkerConnection, change: LiveChange): Promise<readonly RegistrationRejection[]> {
    const touched = new Set<FunctionEntry>();
    const types = new Set<string>();
    // Another trigger of the same worker may have the same identity under another id.
    const stillHeld = change.goneTriggers === undefined ? nothing : new Set([...worker.registrations.triggers.values()].map(({ identity }) => identity.id));
    this.#leave(worker, change, touched, types, stillHeld);
    const rejections = this.#enter(worker, change, touched, types);
    this.#functions.announceServed(touched);
    await this.#triggers.settle(types);
    return rejections;
  }

  /** Its functions and triggers stay known; calls wait for a successor. */
  remember(worker: WorkerConnection): void {
    const { functions, types } = worker.registrations;
    for (const spec of functions.values()) this.#functions.remember({ holder: worker, spec });
    for (const offer of types.values()) this.#triggers.removeOffer(offer);
    void this.#triggers.settle(types.keys());
  }

  /** What could not go live for reasons that came up after it was registered. */
  takeRejections(worker: WorkerConnection): readonly RegistrationRejection[] {
    const rejections = this.#rejections.get(worker) ?? [];
    this.#rejections.delete(worker);
    return rejections;
  }

  #enter(worker: WorkerConnection, { functionIds = [], triggers = [], offers = [] }: LiveChange, touched: Set<FunctionEntry>, types: Set<string>): RegistrationRejection[] {
    const rejections: RegistrationRejection[] = [];
    const { registrations } = worker;
    for (const id of functionIds) {
      const spec = registrations.functions.get(id);
      if (spec === undefined) continue;
      const conflict = this.#functions.serve({ holder: worker, spec });
      const entry = this.#functions.find(id);
      if (conflict === undefined) {
        if (entry !== undefined) touched.add(entry);
        continue;
      }
      registrations.functions.delete(id);
      rejections.push(rejectionOf(id, conflict));
      this.#logger.error('A function cannot go live', { functionId: id, worker: worker.label, code: conflict.code, reason: conflict.message });
    }
    for (const { identity, metadata } of triggers) {
      this.#triggers.hold(identity, worker, metadata);
      types.add(identity.type);
    }
    for (const offer of offers) {
      try {
        this.#triggers.addOffer(offer);
        types.add(offer.definition.type);
      } catch (error) {
        registrations.types.delete(offer.definition.type);
        rejections.push(rejectionOf(offer.definition.type, error as never));
      }
    }
    return rejections;
  }

  #leave(worker: WorkerConnection, { goneFunctionIds = [], goneTriggers = [], goneOffers = [] }: LiveChange, touched: Set<FunctionEntry>, types: Set<string>, stillHeld: ReadonlySet<string>): void {
    for (const id of goneFunctionIds) {
      const entry = this.#functions.find(id);
      if (entry !== undefined) touched.add(entry);
      this.#functions.remove(id, worker);
    }
    for (const { identity } of goneTriggers) {
      types.add(identity.type);
      if (!stillHeld.has(identity.id)) this.#triggers.letGo(identity, worker);
    }
    for (const offer of goneOffers) {
      this.#triggers.removeOffer(offer);
      types.add(offer.definition.type);
    }
  }
}
