import type { FunctionInfo } from '../contract/functions.js';
import type { TriggerInfo } from '../contract/triggers.js';
import type { WorkerConnection } from '../workers/worker-connection.js';

/** The forms in which existing programs get lists; keys and spelling are theirs. */
export function showFunction({ id, description, requestSchema, responseSchema, metadata }: FunctionInfo): Readonly<Record<string, unknown>> {
  return {
    function_id: id,
    description: description ?? null,
    request_format: requestSchema ?? null,
    response_format: responseSchema ?? null,
    metadata: metadata ?? null,
  };
}

export function showTrigger({ id, type, functionId, config, status, reason, owners }: TriggerInfo): Readonly<Record<string, unknown>> {
  return { id, trigger_type: type, function_id: functionId, config, status, ...(reason === undefined ? {} : { reason }), owners };
}

export function showWorker(worker: WorkerConnection): Readonly<Record<string, unknown>> {
  const info = worker.info();
  const { identity, lastPing } = worker;
  return {
    id: info.id,
    name: info.name,
    runtime: identity?.sdk.language ?? null,
    version: identity?.sdk.version ?? null,
    os: info.os ?? null,
    ip_address: null,
    status: statusOf(worker),
    connected_at_ms: info.connectedAt,
    function_count: info.functionIds.length,
    functions: info.functionIds,
    active_invocations: info.inFlight,
    latest_metrics: lastPing ?? null,
    ...(info.pid === undefined ? {} : { pid: info.pid }),
    owner: info.owner,
    state: info.state,
    generation: info.generation,
  };
}

function statusOf({ state, inFlight }: WorkerConnection): 'connected' | 'available' | 'busy' | 'disconnected' {
  if (state === 'closed' || state === 'draining') return 'disconnected';
  if (state !== 'ready') return 'connected';
  return inFlight > 0 ? 'busy' : 'available';
}
