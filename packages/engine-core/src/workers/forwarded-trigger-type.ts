import { fromWireError, type Endpoint, type MotiaError, type TriggerSpec, type TriggerTypeSpec } from '@motia/protocol';
import type { Clock } from '../contract/clock.js';
import type { OptionsSchema } from '../contract/options.js';
import type { Trigger, TriggerTypeDefinition } from '../contract/triggers.js';
import { invocationErrors } from '../errors/invocation-errors.js';

/** How long a process may take to bind a change of its triggers. */
const applyTimeoutMs = 10_000;

/** Config of a type whose provider gave no schema: any object. */
const anyConfig: OptionsSchema<unknown> = { jsonSchema: { type: 'object' }, parse: (input) => input };

export interface ForwardedTypeParts {
  readonly spec: TriggerTypeSpec;
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  readonly compile: (schema: Readonly<Record<string, unknown>>) => OptionsSchema<unknown>;
}

/** A trigger type that a worker offers: changes are sent to it, and it answers what it could not bind. */
export function forwardedTriggerType({ spec, endpoint, clock, compile }: ForwardedTypeParts): TriggerTypeDefinition {
  const { id: type, description, configSchema } = spec;
  return {
    type,
    ...(description === undefined ? {} : { description }),
    config: typeof configSchema === 'object' ? compile(configSchema) : anyConfig,
    async apply({ added, removed }) {
      const answer = endpoint.request('triggers/changed', { type, added: added.map(toSpec), removed: removed.map((trigger) => trigger.id) });
      const { rejected } = await withTimeout(answer, clock, () =>
        invocationErrors.TRIGGER_APPLY_FAILED({ type, functionId: added[0]?.functionId ?? '', problem: `its provider did not answer within ${String(applyTimeoutMs)} ms` }),
      );
      if (!Array.isArray(rejected)) return undefined;
      return new Map(rejected.map(({ id, error }) => [id, fromWireError(error)]));
    },
  };
}

function toSpec({ id, type, functionId, config, metadata }: Trigger): TriggerSpec {
  return { id, type, functionId, config: config as TriggerSpec['config'], ...(metadata === undefined ? {} : { metadata }) };
}

function withTimeout<T>(work: Promise<T>, clock: Clock, late: () => MotiaError): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => reject(late()), applyTimeoutMs);
    work.then(resolve, reject).finally(() => clock.clear(timer));
  });
}
