import type { FunctionHandler, FunctionRegistry } from '../contract/functions.js';
import type { EnqueueRouter } from '../contract/services/enqueue.js';
import type { FunctionTable } from './function-table.js';

/** Function that takes enqueued calls when no module provides a router. */
const enqueueFunctionId = 'enqueue';

/** How a call with `action: enqueue` reaches a queue; undefined when nothing here has queues. */
export function enqueueHandler(
  functionId: string,
  queue: string,
  router: EnqueueRouter | undefined,
  table: FunctionTable,
  invoker: Pick<FunctionRegistry, 'open'>,
): FunctionHandler | undefined {
  if (router !== undefined) {
    return (payload, { trace, idempotencyKey, callerWorkerId, triggerDepth }) =>
      router.enqueue({
        queue,
        functionId,
        payload,
        trace,
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        ...(callerWorkerId === undefined ? {} : { callerWorkerId }),
        ...(triggerDepth === undefined ? {} : { triggerDepth }),
      });
  }
  if (table.find(enqueueFunctionId) === undefined) return undefined;
  return (payload, call) => invoker.open(enqueueFunctionId, { queue, function_id: functionId, data: payload }, { parent: call }).result;
}
