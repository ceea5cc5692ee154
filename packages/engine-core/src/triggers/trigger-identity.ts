import { createHash } from 'node:crypto';
import { invocationErrors } from '../errors/invocation-errors.js';
import { isRecord } from '../functions/function-spec.js';

/** What makes two registrations the same trigger. */
export interface TriggerIdentity {
  /** The same in every engine and after every restart. */
  readonly id: string;
  readonly type: string;
  readonly functionId: string;
  /** As registered, as plain JSON, condition included. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly conditionFunctionId: string | undefined;
}

const conditionKey = 'condition_function_id';
const deepest = 64;

/** @throws `MOTIA_ENGINE_TRIGGER_CONFIG_INVALID` when the config is not a JSON object or its condition not an id */
export function identify(type: string, functionId: string, config: unknown): TriggerIdentity {
  const invalid = (problem: string, cause?: unknown): Error => invocationErrors.TRIGGER_CONFIG_INVALID({ type, functionId, problem }, cause);
  if (config !== undefined && config !== null && !isRecord(config)) throw invalid('it is not an object');
  let plain: Readonly<Record<string, unknown>>;
  let canonical: string;
  try {
    plain = JSON.parse(JSON.stringify(config ?? {})) as Readonly<Record<string, unknown>>;
    canonical = canonicalJson(plain);
  } catch (error) {
    throw invalid('it is not JSON', error);
  }
  const condition = plain[conditionKey];
  if (condition !== undefined && condition !== null && (typeof condition !== 'string' || condition === '')) {
    throw invalid(`${conditionKey} is not the id of a function`);
  }
  const digest = createHash('sha256').update(JSON.stringify([type, functionId])).update(canonical).digest('hex');
  return {
    id: `trg_${digest.slice(0, 32)}`,
    type,
    functionId,
    config: plain,
    conditionFunctionId: typeof condition === 'string' ? condition : undefined,
  };
}

/** The config as the trigger type sees it: conditions are the registry's business. */
export function withoutCondition(config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!(conditionKey in config)) return config;
  const { [conditionKey]: _, ...own } = config;
  return own;
}

/** JSON with the keys of every object in one order, so that equal data has equal text. @throws RangeError beyond 64 levels */
export function canonicalJson(value: unknown, level = 0): string {
  if (level > deepest) throw new RangeError(`nested deeper than ${String(deepest)} levels`);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, level + 1)).join(',')}]`;
  if (!isRecord(value)) return JSON.stringify(value ?? null);
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key], level + 1)}`);
  return `{${members.join(',')}}`;
}
