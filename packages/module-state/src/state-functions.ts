import { isMotiaError, MotiaError, WireValue, type FunctionHandler, type FunctionRegistry, type FunctionSpec, type InvocationContext, type Registration } from '@motia/engine-core/contract';
import { answerHistory, answerList, answerScopes } from './list-answers.js';
import { asPayload, checkBoolean, checkIfVersion, checkPlace, checkTtlMs, member } from './requests.js';
import type { StateOperations, WriteOptions } from './state-operations.js';
import type { StateWritten, StoredEntry } from './state-store.js';

/** What is at hand is answered at once. */
type Answer = WireValue | Promise<WireValue | undefined>;
type Payload = Readonly<Record<string, unknown>>;

interface StateFunction {
  readonly spec: FunctionSpec;
  /** The reference's own code for what fails here, where it has the function. */
  readonly legacyCode?: string;
  readonly run: Read | Change;
}
interface Read {
  readonly read: (operations: StateOperations, payload: Payload) => Answer;
}
/** Can be part of a transaction. */
interface Change {
  readonly change: (operations: StateOperations, payload: Payload, options: WriteOptions) => Promise<StateWritten>;
  readonly answer: (written: StateWritten) => WireValue | undefined;
}

const text = { type: 'string', minLength: 1, maxLength: 512 };
const place = { scope: text, key: text };
const ifVersion = { type: 'integer', minimum: 0, description: 'Refused unless the key has this version; 0: unless it does not exist.' };
const ttlMs = { type: ['integer', 'null'], minimum: 1, description: 'Milliseconds until the key is gone.' };
const request = (required: readonly string[], properties: Readonly<Record<string, unknown>>) => ({ type: 'object', properties, required });
const page = { prefix: { type: 'string' }, limit: { type: 'integer', minimum: 1, maximum: 1000 }, cursor: { type: 'string' } };

/** All functions of state. Members in camelCase are understood as well. */
export const stateFunctions: readonly StateFunction[] = [
  {
    spec: { id: 'state::get', description: 'The value of a key; no value when there is none.', requestSchema: request(['scope', 'key'], { ...place, with_version: { type: 'boolean' } }) },
    legacyCode: 'GET_ERROR',
    run: {
      read(operations, payload) {
        const place = checkPlace(payload['scope'], payload['key']);
        const toAnswer = checkBoolean('with_version', member(payload, 'with_version')) ? versioned : plain;
        const entry = operations.get(place);
        return entry instanceof Promise ? entry.then((found) => (found === undefined ? undefined : toAnswer(found))) : toAnswer(entry);
      },
    },
  },
  {
    spec: { id: 'state::set', description: 'Gives a key a value (`value`, or `data`).', requestSchema: request(['scope', 'key'], { ...place, value: {}, data: {}, if_version: ifVersion, ttl_ms: ttlMs }) },
    legacyCode: 'SET_ERROR',
    run: {
      change: (operations, payload, options) => operations.set(
        checkPlace(payload['scope'], payload['key']), payload['value'] === undefined ? payload['data'] : payload['value'], withCondition(payload, options),
      ),
      answer: changed,
    },
  },
  {
    spec: { id: 'state::update', description: 'Applies update operations to a key, all or nothing.', requestSchema: request(['scope', 'key', 'ops'], { ...place, ops: { type: 'array' }, if_version: ifVersion, ttl_ms: ttlMs }) },
    legacyCode: 'UPDATE_ERROR',
    run: {
      change: (operations, payload, options) => operations.update(checkPlace(payload['scope'], payload['key']), payload['ops'], withCondition(payload, options)),
      answer: changed,
    },
  },
  {
    spec: { id: 'state::delete', description: 'Takes a key away and answers what its value was; no value when there was none.', requestSchema: request(['scope', 'key'], { ...place, if_version: ifVersion }) },
    legacyCode: 'DELETE_ERROR',
    run: {
      change: (operations, payload, options) => operations.delete(checkPlace(payload['scope'], payload['key']), { ...options, ifVersion: checkIfVersion(member(payload, 'if_version')) }),
      answer: ({ before }) => (before === undefined ? undefined : plain(before)),
    },
  },
  {
    spec: { id: 'state::list', description: 'The values of a scope, by key. With `with_keys` or `cursor`: a page of entries.', requestSchema: request(['scope'], { scope: text, with_keys: { type: 'boolean' }, ...page }) },
    legacyCode: 'LIST_ERROR',
    run: { read: (operations, payload) => answerList(operations.store, payload) },
  },
  {
    spec: { id: 'state::list_groups', description: 'The scopes that hold something, sorted.', requestSchema: request([], page) },
    legacyCode: 'LIST_GROUPS_ERROR',
    run: { read: (operations, payload) => answerScopes(operations.store, payload) },
  },
  {
    spec: { id: 'state::history', description: 'Changes of a key, newest first; of all keys without one.', requestSchema: request([], { ...place, limit: { type: 'integer', minimum: 1, maximum: 500 }, cursor: { type: 'string' } }) },
    run: { read: (operations, payload) => answerHistory(operations.store, payload) },
  },
];

/** Registers `state::*`, and lets changes take part in transactions where the store has them. */
export function registerStateFunctions(functions: Pick<FunctionRegistry, 'register'>, operations: StateOperations): readonly Registration[] {
  return stateFunctions.flatMap(({ spec, run, legacyCode }) => {
    const refuse = (error: unknown): never => {
      throw toLegacy(legacyCode, error);
    };
    // A transaction waits for the whole of this to be handed over: nothing may be awaited before the store has it.
    const call = (payload: unknown, options: WriteOptions): Answer => {
      try {
        if ('change' in run) return run.change(operations, asPayload(payload), options).then(run.answer, refuse);
        const answer = run.read(operations, asPayload(payload));
        return answer instanceof Promise ? answer.catch(refuse) : answer;
      } catch (error) {
        return refuse(error);
      }
    };
    const handler: FunctionHandler = (payload, context) => call(payload, originOf(context));
    const registration = functions.register(spec, handler);
    const { pool } = operations.store;
    if (!('change' in run) || pool === undefined) return [registration];
    const participant = pool.join(spec.id, {
      store: () => operations.store.service,
      run: async (payload, options) => (await call(payload, options))?.toValue(),
    });
    return [registration, participant];
  });
}

function originOf({ trace, callerFunctionId, triggerDepth }: InvocationContext): WriteOptions {
  return { trace, functionId: callerFunctionId, triggerDepth };
}

function withCondition(payload: Payload, { trace, functionId, triggerDepth, tx }: WriteOptions): WriteOptions {
  return { trace, functionId, triggerDepth, tx, ifVersion: checkIfVersion(member(payload, 'if_version')), ttlMs: checkTtlMs(member(payload, 'ttl_ms')) };
}

/** Conditions of the input, which the reference knows by one code. */
const ofInput: ReadonlySet<string> = new Set(['MOTIA_STATE_INVALID_KEY', 'MOTIA_STATE_INVALID_OPTION', 'MOTIA_STATE_NOT_SERIALIZABLE']);

function toLegacy(legacyCode: string | undefined, error: unknown): unknown {
  if (!isMotiaError(error) || legacyCode === undefined) return error;
  const { code, message, hint, retryable, status, details } = error;
  const own = ofInput.has(code) ? 'JSON_ERROR' : code === 'MOTIA_STATE_VALUE_TOO_LARGE' ? 'VALUE_TOO_LARGE' : legacyCode;
  return new MotiaError({ code, message, hint, retryable, status, details: { ...(typeof details === 'object' ? details : {}), legacyCode: own }, cause: error });
}

function plain({ json }: StoredEntry): WireValue {
  return new WireValue(json);
}

function versioned({ json, version, updatedAtMs, expiresAtMs }: StoredEntry): WireValue {
  return new WireValue(`{"value":${json},"version":${version},"updated_at_ms":${updatedAtMs}${expiresAtMs === undefined ? '' : `,"expires_at_ms":${expiresAtMs}`}}`);
}

function changed({ before, after, version }: StateWritten): WireValue {
  return new WireValue(`{"old_value":${before?.json ?? 'null'},"new_value":${after?.json ?? 'null'},"version":${version}}`);
}
