import { defineErrors, type ErrorEntry } from '@motia/engine-core/contract';

function entry<D>(status: number, remedy: string, message: (details: D) => string, retryable = false): ErrorEntry<D> {
  return { status, retryable, since: '0.1.0', message, remedy };
}

interface Place {
  readonly scope: string;
  readonly key: string;
}

/** Every condition of state, `MOTIA_STATE_<key>`. Visible ones carry the reference's own code as `details.legacyCode`. */
export const stateErrors = defineErrors('STATE', {
  INVALID_KEY: entry<{ readonly what: 'scope' | 'key' | 'prefix'; readonly problem: string }>(
    400,
    'Scopes and keys are texts of 1 to 512 bytes (UTF-8).',
    (d) => `The ${d.what} cannot be used: ${d.problem}.`,
  ),
  INVALID_OPTION: entry<{ readonly option: string; readonly problem: string }>(
    400,
    'Send the option as the table of functions in the README of @motia/module-state describes it.',
    (d) => `\`${d.option}\` cannot be used: ${d.problem}.`,
  ),
  NOT_SERIALIZABLE: entry<Place & { readonly pointer: string; readonly found: string }>(
    400,
    'Store plain JSON: objects, arrays, strings, finite numbers, booleans and null.',
    (d) => `The value for ${shown(d)} cannot be stored: ${d.pointer === '' ? 'it is' : `${d.pointer} is`} ${d.found}.`,
  ),
  VALUE_TOO_LARGE: entry<Place & { readonly bytes: number; readonly limit: number }>(
    413,
    'Split the value over several keys, or raise `max_value_bytes` of the state module.',
    (d) => `The value of ${shown(d)} would have ${d.bytes} bytes as JSON; at most ${d.limit} are kept.`,
  ),
  UNSAFE_INTEGER: entry<Place & { readonly pointer: string }>(
    400,
    'Send large integers as texts, or turn `strict_integers` off.',
    (d) => `The value for ${shown(d)} holds an integer beyond 2^53 at ${d.pointer === '' ? 'its root' : d.pointer}: it may have been rounded on its way.`,
  ),
  VERSION_CONFLICT: entry<Place & { readonly ifVersion: number; readonly version: number }>(
    409,
    'Read the key again, decide anew, and write with the version that was read. Version 0 stands for a key that does not exist.',
    (d) => `${shown(d)} has version ${d.version}, not ${d.ifVersion}: nothing was changed.`,
  ),
  UPDATE_REFUSED: entry<Place & { readonly code: string; readonly op_index?: number; readonly reason: string }>(
    422,
    'Nothing was changed. `code` says what is wrong, `op_index` with which operation: see the README of @motia/update-ops.',
    (d) => `The update of ${shown(d)} was refused${d.op_index === undefined ? '' : ` at operation ${d.op_index}`} (${d.code}): ${d.reason}`,
  ),
  VALUE_CORRUPT: entry<Place>(
    500,
    'Set or delete the key to go on: `state::history` may have its last good value. A copy of what was found is in the table `store_quarantine`; check the disk.',
    (d) => `The stored value of ${shown(d)} is damaged: its checksum does not fit.`,
  ),
  LIST_TOO_LARGE: entry<{ readonly scope: string; readonly limit: string }>(
    413,
    'Ask for pages: `limit` with `with_keys`, then `cursor`.',
    (d) => `The scope "${d.scope}" holds more than ${d.limit}; that is not answered at once.`,
  ),
  TRIGGER_LOOP: entry<Place & { readonly depth: number; readonly limit: number }>(
    508,
    'Look for a trigger that writes what triggers it: give it a condition, or let it write another key.',
    (d) => `${shown(d)} was not changed: ${d.depth} triggers led to this change, one after the other, and at most ${d.limit} may.`,
  ),
  NOT_STARTED: entry<{ readonly what: string }>(
    503,
    'Use state between `start` and `stop` of the engine.',
    (d) => `${d.what} was refused: the state module is not running.`,
    true,
  ),
});

function shown({ scope, key }: Place): string {
  return `"${key}" in "${scope}"`;
}
