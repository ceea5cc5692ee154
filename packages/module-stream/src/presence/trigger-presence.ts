import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import {
  isMotiaError, messageOf, type Clock, type Logger, type MotiaError, type OptionsSchema, type Registration, type Trigger, type TriggerRegistry, type WorkerRegistry,
} from '@motia/engine-core/contract';
import { ExpectedTriggers, subscriptionOf, TriggerDelivery, TriggerNews, type DueCalls, type DueTrigger, type TriggerDeliveryParts } from '@motia/store-sqlite/outbox';
import { streamErrors } from '../errors.js';
import { leaveKind } from '../program/sessions.js';
import type { SessionKey, StreamStore } from '../stream-store.js';
import { GuardTriggers } from './guard-triggers.js';
import type { Member, Presence } from './presence.js';

export const presenceTriggerSchema = Type.Object({
  stream_name: Type.Optional(Type.String({ minLength: 1, description: 'Only subscriptions of this stream. Default: of every stream.' })),
});
const joinKind = 'stream:join';

export type PresenceTriggerConfig = Static<typeof presenceTriggerSchema>;
export const presenceTriggerOptions: OptionsSchema<PresenceTriggerConfig> = defineOptions(presenceTriggerSchema);

const payloadSchema = {
  type: 'object',
  required: ['subscription_id', 'stream_name', 'group_id'],
  properties: { subscription_id: { type: 'string' }, stream_name: { type: 'string' }, group_id: { type: 'string' }, id: { type: 'string' }, context: {} },
} as const;

export interface TriggerPresenceParts extends Omit<TriggerDeliveryParts, 'kind' | 'triggers'> {
  readonly store: Pick<StreamStore, 'enterSession' | 'forgetSession' | 'endSession' | 'endLostSessions' | 'onEngineGone'>;
  /** Where engines on one store tell each other of `stream:join`. */
  readonly joinNews: Pick<DueCalls, 'subscribe' | 'elsewhere' | 'inherit'>;
  readonly triggers: TriggerRegistry;
  readonly workers: WorkerRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly joinTimeoutMs: number;
  /** Everyone who has joined and is still here. */
  readonly members: () => Iterable<Member>;
}

/**
 * Triggers `stream:join` and `stream:leave`. onJoin may refuse, and whatever keeps it from answering refuses too: also that
 * only the app of another engine on the store has it.
 * onLeave is owed from the join on, in the store: whoever ends the session hands the calls over with it, be it this
 * engine or, after a crash, the next one.
 */
export class TriggerPresence implements Presence {
  readonly #parts: TriggerPresenceParts;
  readonly #delivery: TriggerDelivery;
  readonly #joins: GuardTriggers<PresenceTriggerConfig>;
  readonly #leaves: GuardTriggers<PresenceTriggerConfig>;
  readonly #joinNews: TriggerNews;
  /** Of engines that were killed: other engines on the store keep to them until the app is back. */
  readonly #expectedJoins: ExpectedTriggers;
  /** Members whose leaving somebody wants to hear of, by key. */
  readonly #recorded = new Set<string>();
  readonly #writing = new Set<Promise<unknown>>();
  readonly #registrations: Registration[] = [];
  #lookout: Registration | undefined;

  constructor(parts: TriggerPresenceParts) {
    this.#parts = parts;
    const { clock, logger, workers } = parts;
    this.#delivery = new TriggerDelivery({ ...parts, kind: leaveKind });
    this.#joins = new GuardTriggers({ type: joinKind, workers, clock, logger, onChanged: () => void this.#joinNews.tell() });
    this.#expectedJoins = new ExpectedTriggers({ ...parts, kind: joinKind, calls: parts.joinNews, isBound: (id) => this.#joins.all().some((trigger) => trigger.id === id), onChanged: () => void this.#joinNews.tell() });
    this.#joinNews = new TriggerNews({ kind: joinKind, calls: parts.joinNews, clock, logger, subscriptions: () => [...this.#joins.all().map(subscriptionOf), ...this.#expectedJoins.all()] });
    this.#leaves = new GuardTriggers({ type: leaveKind, workers, clock, logger, onChanged: () => this.#recordAll() });
  }

  async start(): Promise<void> {
    const { triggers, store } = this.#parts;
    this.#lookout = store.onEngineGone(() => this.#track(this.#endLost(), 'Subscriptions of an engine that is gone could not be ended; the next start does'));
    await this.#endLost();
    await this.#expectedJoins.start();
    await this.#delivery.start();
    this.#joins.start();
    this.#leaves.start();
    this.#registrations.push(
      await triggers.registerType<PresenceTriggerConfig>({
        type: joinKind, description: 'Asks a function before a client may follow.', config: presenceTriggerOptions, payloadSchema,
        apply: async (change) => {
          for (const { id } of change.added) this.#expectedJoins.meet(id);
          this.#joins.apply(change);
          await this.#joinNews.told();
        },
      }),
      await triggers.registerType<PresenceTriggerConfig>({
        type: leaveKind, description: 'Tells a function when a client follows no longer.', config: presenceTriggerOptions, payloadSchema,
        apply: (change) => {
          this.#delivery.change(change);
          this.#leaves.apply(change);
        },
      }),
    );
  }

  /** The engine begins to stop. */
  expectEnd(): void {
    this.#joins.expectEnd();
    this.#leaves.expectEnd();
  }

  /** For after everybody has left: resolves when onLeave has been told, or the signal aborts. */
  async drain(deadline: AbortSignal): Promise<void> {
    this.#lookout?.dispose();
    await Promise.all(this.#writing);
    await this.#delivery.drain(deadline);
  }

  async stop(): Promise<void> {
    this.#lookout?.dispose();
    for (const registration of this.#registrations.splice(0)) registration.dispose();
    this.#expectedJoins.stop();
    this.#joinNews.close();
    await Promise.all([...this.#writing, this.#joinNews.told()]);
    // An engine that has stopped guards nothing any more itself. What it took over from one that was killed is for the next one.
    await this.#parts.joinNews.subscribe(this.#expectedJoins.all()).catch((error: unknown) => this.#parts.logger.warn('Other engines may keep to the onJoin of this one for a day', { reason: messageOf(error) }));
    await this.#delivery.stop();
    this.#joins.stop();
    this.#leaves.stop();
  }

  async join(member: Member): Promise<MotiaError | undefined> {
    try {
      if (this.#isAskedElsewhere(member)) return streamErrors.JOIN_FAILED({});
      if (this.#joins.isEmpty && this.#leaves.isEmpty) return undefined;
      // Before onJoin is asked: whoever was let in is known to leave, even if the engine dies before it can write it down.
      if (!this.#leaves.isEmpty) await this.#record(member);
      const refusal = await this.#ask(member);
      // Somebody may have come to ask about leaving only meanwhile.
      if (refusal === undefined && !this.#leaves.isEmpty && !this.#recorded.has(keyOf(member))) await this.#record(member);
      if (refusal !== undefined && this.#recorded.delete(keyOf(member))) await this.#parts.store.forgetSession(sessionOf(member));
      return refusal;
    } catch (error) {
      this.#parts.logger.error('A subscription could not be written down and is refused', { ...member.place, reason: messageOf(error) });
      return streamErrors.JOIN_FAILED({}, error);
    }
  }

  leave(member: Member): void {
    if (!this.#recorded.delete(keyOf(member))) return;
    const due = this.#interested(this.#leaves, member);
    this.#write(this.#delivery.during(due, (claim) => this.#parts.store.endSession(sessionOf(member), claim === undefined ? {} : { claim })), member);
  }

  async #endLost(): Promise<void> {
    const ended = await this.#parts.store.endLostSessions();
    if (ended === 0) return;
    this.#parts.logger.info('Subscriptions were open when an engine ended; they are reported as left', { subscriptions: ended });
    this.#delivery.look();
  }

  /** An app that guards a stream guards it for all who may read it, and this engine cannot ask it. */
  #isAskedElsewhere(member: Member): boolean {
    const { joinNews, logger } = this.#parts;
    const elsewhere = joinNews.elsewhere({ stream_name: member.place.stream }, this.#interested(this.#joins, member));
    if (elsewhere.length === 0) return false;
    logger.warn('A subscription was refused: only the app of another engine on this store has the onJoin that is to be asked', { ...member.place, functionIds: elsewhere.map(({ functionId }) => functionId) });
    return true;
  }

  async #ask(member: Member): Promise<MotiaError | undefined> {
    const triggers = this.#interested(this.#joins, member);
    if (triggers.length === 0) return undefined;
    const answers = await Promise.all(triggers.map((trigger) => this.#askOne(trigger, member)));
    return answers.find((refusal) => refusal !== undefined);
  }

  async #askOne(trigger: Trigger, member: Member): Promise<MotiaError | undefined> {
    const { triggers, joinTimeoutMs, logger, clock } = this.#parts;
    const payload = payloadOf(member);
    const options = { timeoutMs: joinTimeoutMs };
    const begunAtMs = clock.monotonicMs();
    try {
      if ((await triggers.checkCondition(trigger, payload, options)) === 'blocked') return undefined;
      const timeoutMs = Math.max(1, joinTimeoutMs - (clock.monotonicMs() - begunAtMs));
      const answer = await triggers.open(trigger, payload, { timeoutMs }).result;
      return (answer as { readonly unauthorized?: unknown } | null | undefined)?.unauthorized === true ? streamErrors.JOIN_REFUSED({}) : undefined;
    } catch (error) {
      const reason = messageOf(error);
      logger.warn('A subscription was refused: onJoin failed', { ...member.place, functionId: trigger.functionId, reason, ...(isMotiaError(error) ? { code: error.code } : {}) });
      return isMotiaError(error, 'MOTIA_ENGINE_DEADLINE_EXCEEDED') ? streamErrors.JOIN_TIMEOUT({ timeoutMs: joinTimeoutMs }, error) : streamErrors.JOIN_FAILED({}, error);
    }
  }

  #interested(triggers: GuardTriggers<PresenceTriggerConfig>, { place }: Member): readonly Trigger<PresenceTriggerConfig>[] {
    return triggers.all().filter(({ config }) => (config.stream_name ?? place.stream) === place.stream);
  }

  async #record(member: Member): Promise<void> {
    const triggers: readonly DueTrigger[] = this.#interested(this.#leaves, member).map(({ id, functionId }) => ({ id, functionId }));
    const isNew = !this.#recorded.has(keyOf(member));
    // At once: should it leave before this is written, the end is written after it.
    this.#recorded.add(keyOf(member));
    try {
      await this.#parts.store.enterSession({ ...sessionOf(member), payload: JSON.stringify(payloadOf(member)), triggers });
    } catch (error) {
      if (isNew) this.#recorded.delete(keyOf(member));
      throw error;
    }
  }

  /** Somebody else wants to hear, or somebody no longer does, while members are here. */
  #recordAll(): void {
    for (const member of this.#parts.members()) this.#write(this.#record(member), member);
  }

  #write(written: Promise<unknown>, { place }: Member): void {
    this.#track(written, 'That a client follows or has left could not be written down', { ...place });
  }

  #track(written: Promise<unknown>, complaint: string, about: Readonly<Record<string, unknown>> = {}): void {
    const settled = written.catch((error: unknown) => this.#parts.logger.error(complaint, { ...about, reason: messageOf(error) }));
    this.#writing.add(settled);
    void settled.then(() => this.#writing.delete(settled));
  }
}

function payloadOf({ subscriptionId, place, context }: Member): Readonly<Record<string, unknown>> {
  const { stream, group, item } = place;
  return { subscription_id: subscriptionId, stream_name: stream, group_id: group, ...(item === undefined ? {} : { id: item }), ...(context === undefined ? {} : { context }) };
}

const sessionOf = ({ sessionId, subscriptionId }: Member): SessionKey => ({ sessionId, subscriptionId });
const keyOf = ({ sessionId, subscriptionId }: Member): string => `${sessionId}\n${subscriptionId}`;
