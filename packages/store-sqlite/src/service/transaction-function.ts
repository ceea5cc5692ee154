import { nearestNames } from '@motia/engine-core';
import { isMotiaError, MotiaError, type ChangeOrigin, type FunctionRegistry, type InvocationContext, type Registration, type StoreService, type TransactionParticipant } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';
import { nameOf } from './sqlite-store.js';

/** Changes that one call may make. */
const mostOperations = 128;

const operationsSchema = {
  type: 'object', required: ['operations'],
  properties: {
    operations: {
      type: 'array', maxItems: mostOperations,
      items: {
        type: 'object', required: ['function_id'],
        properties: {
          function_id: { type: 'string', description: 'A function that takes part in transactions, such as `state::set` or `enqueue`.' },
          payload: { description: 'What that function takes.' },
        },
      },
    },
  },
} as const;

interface Operation {
  readonly functionId: string;
  readonly payload: unknown;
}

export interface TransactionFunctionParts {
  readonly functions: FunctionRegistry;
  readonly participants: ReadonlyMap<string, TransactionParticipant>;
}

/** Registers `engine::transaction`: changes of several modules that are committed together or not at all. */
export function registerTransactionFunction({ functions, participants }: TransactionFunctionParts): Registration {
  return functions.register(
    {
      id: 'engine::transaction', description: 'Makes several changes together, or none of them',
      requestSchema: operationsSchema,
      responseSchema: { type: 'object', required: ['results'], properties: { results: { type: 'array', description: 'What each function answered, in the order of the operations.' } } },
    },
    async (payload, call) => {
      const operations = readOperations(payload);
      const chosen = operations.map((operation, index) => participantOf(operation, index, { functions, participants }));
      const store = commonStore(operations, chosen);
      return { results: store === undefined ? [] : await runAll(store, { operations, chosen, call }) };
    },
  );
}

/** @throws `MOTIA_STORE_TX_INVALID` */
function readOperations(payload: unknown): readonly Operation[] {
  const operations: unknown = isRecord(payload) ? payload['operations'] : undefined;
  if (!Array.isArray(operations)) throw storeErrors.TX_INVALID({ pointer: '/operations', problem: 'must be a list of operations' });
  if (operations.length > mostOperations) throw storeErrors.TX_INVALID({ pointer: '/operations', problem: `has ${operations.length} operations, at most ${mostOperations} are allowed` });
  return operations.map((operation: unknown, index) => {
    const functionId: unknown = isRecord(operation) ? operation['function_id'] : undefined;
    if (typeof functionId !== 'string') throw storeErrors.TX_INVALID({ pointer: `/operations/${index}/function_id`, problem: 'must be the id of a function' });
    return { functionId, payload: (operation as Readonly<Record<string, unknown>>)['payload'] };
  });
}

/** @throws `MOTIA_STORE_TX_FUNCTION_UNKNOWN`, `MOTIA_STORE_TX_NOT_PARTICIPATING` */
function participantOf({ functionId }: Operation, operation: number, { functions, participants }: TransactionFunctionParts): TransactionParticipant {
  const participant = participants.get(functionId);
  if (participant !== undefined) return participant;
  if (functions.has(functionId)) throw storeErrors.TX_NOT_PARTICIPATING({ functionId, operation, participants: [...participants.keys()] });
  throw storeErrors.TX_FUNCTION_UNKNOWN({ functionId, operation, nearest: nearestNames(functionId, [...participants.keys()]) });
}

/** The one store of all of them; undefined when there are none. @throws `MOTIA_STORE_TX_CROSS_STORE` */
function commonStore(operations: readonly Operation[], chosen: readonly TransactionParticipant[]): StoreService | undefined {
  const stores = chosen.map((participant) => participant.store());
  const [first] = stores;
  if (chosen.length > 0 && (first === undefined || stores.some((store) => store !== first))) {
    const places = operations.map(({ functionId }, index) => `${functionId} (${placeOf(stores[index])})`);
    throw storeErrors.TX_CROSS_STORE({ stores: [...new Set(places)] });
  }
  return first;
}

function placeOf(store: StoreService | undefined): string {
  return store === undefined ? 'kept where there are no transactions' : nameOf(store);
}

interface Run {
  readonly operations: readonly Operation[];
  readonly chosen: readonly TransactionParticipant[];
  readonly call: InvocationContext;
}

async function runAll(store: StoreService, { operations, chosen, call }: Run): Promise<readonly unknown[]> {
  const { trace, callerFunctionId, triggerDepth } = call;
  const origin: ChangeOrigin = { trace, ...(callerFunctionId === undefined ? {} : { functionId: callerFunctionId }), ...(triggerDepth === undefined ? {} : { triggerDepth }) };
  let answers: readonly Promise<unknown>[] = [];
  try {
    return await store.transaction((tx) => {
      // Each is handed over before its promise is looked at, also when an earlier one was refused already.
      answers = chosen.map(async (participant, index) => participant.run(operations[index]?.payload, { ...origin, tx }));
      return Promise.all(answers);
    });
  } catch (error) {
    throw withOperation(error, await failedOperation(answers), operations);
  }
}

/** The one operation that failed by itself; undefined when the commit failed for all of them. */
async function failedOperation(answers: readonly Promise<unknown>[]): Promise<number | undefined> {
  const outcomes = await Promise.allSettled(answers);
  const own = outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' && !isMotiaError(outcome.reason, 'MOTIA_STORE_TX_ABORTED') ? [{ index, reason: outcome.reason as unknown }] : []));
  const [first, ...others] = own;
  return first === undefined || (answers.length > 1 && others.length > 0 && others.every(({ reason }) => reason === first.reason)) ? undefined : first.index;
}

function withOperation(error: unknown, operation: number | undefined, operations: readonly Operation[]): unknown {
  if (!isMotiaError(error) || operation === undefined) return error;
  const { details } = error;
  const own = isRecord(details) ? details : details === undefined ? {} : { details };
  return new MotiaError({ ...error.toWire(), details: { ...own, operation, functionId: operations[operation]?.functionId }, cause: error });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
