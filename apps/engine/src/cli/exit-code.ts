import { isMotiaError } from '@motia/engine-core/contract';

export const exitCodes = { ok: 0, usage: 64, internal: 70, dataDirOwned: 73, storeUnreadable: 74, config: 78, interrupted: 130 } as const;

/** Conditions that have an exit code of their own (semantics §1); everything else is 70. */
const byCondition: ReadonlyMap<string, number> = new Map([
  ['MOTIA_ENGINE_USAGE', exitCodes.usage],
  ['MOTIA_ENGINE_PAYLOAD_INVALID', exitCodes.usage],
  ['MOTIA_ENGINE_TARGET_UNKNOWN', exitCodes.usage],
  ['MOTIA_ENGINE_TARGET_AMBIGUOUS', exitCodes.usage],
  ['MOTIA_ENGINE_CONFIG_FILE_MISSING', exitCodes.config],
  ['MOTIA_ENGINE_CONFIG_INVALID', exitCodes.config],
  ['MOTIA_ENGINE_OPTIONS_INVALID', exitCodes.config],
  ['MOTIA_ENGINE_TRIGGER_TYPE_CONFLICT', exitCodes.config],
  ['MOTIA_REST_PORT_IN_USE', exitCodes.config],
  ['MOTIA_WORKER_PORT_IN_USE', exitCodes.config],
  ['MOTIA_WORKER_SOCKET_IN_USE', exitCodes.config],
  ['MOTIA_WORKER_LISTEN_FAILED', exitCodes.config],
  ['MOTIA_WORKER_TOKEN_REQUIRED', exitCodes.config],
  ['MOTIA_WORKER_TLS_UNREADABLE', exitCodes.config],
  ['MOTIA_WORKER_TOKEN_FILE_UNUSABLE', exitCodes.config],
  ['MOTIA_STORE_OWNED', exitCodes.dataDirOwned],
  ['MOTIA_STORE_UNREADABLE', exitCodes.storeUnreadable],
  ['MOTIA_STORE_SCHEMA_NEWER', exitCodes.storeUnreadable],
  ['MOTIA_STORE_READ_ONLY', exitCodes.storeUnreadable],
]);

/** What a condition says of itself: modules know best whether it is the configuration that has to change. */
function ownCodeOf(details: unknown): number | undefined {
  const { exitCode } = (typeof details === 'object' && details !== null ? details : {}) as { readonly exitCode?: unknown };
  return Object.values<unknown>(exitCodes).includes(exitCode) && exitCode !== exitCodes.ok ? (exitCode as number) : undefined;
}

/** The exit code for what stopped the program; a failed start is judged by the first of its causes that has one. */
export function exitCodeOf(error: unknown): number {
  const seen = new Set<unknown>();
  const queue: unknown[] = [error];
  for (let current = queue.shift(); current !== undefined; current = queue.shift()) {
    if (seen.has(current)) continue;
    seen.add(current);
    if (isMotiaError(current)) {
      const code = byCondition.get(current.code) ?? ownCodeOf(current.details);
      if (code !== undefined) return code;
    }
    if (current instanceof Error) {
      if (current.cause !== undefined) queue.push(current.cause);
      if (current instanceof AggregateError) queue.push(...(current.errors as unknown[]));
    }
  }
  return exitCodes.internal;
}
