import { isMotiaError } from '@motia/protocol';
import { toPlainFields } from './plain-fields.js';

/** What is said of something that was thrown. */
export interface ToldError {
  /** Its code where it has one, else the name of the error, else the kind of the value. */
  readonly type: string;
  readonly message: string;
  /** As in logs: without the frames of the engine where that is told apart. */
  readonly stack: string | undefined;
}

const unreadable: ToldError = { type: 'unknown', message: 'something that cannot be read was thrown', stack: undefined };

/** Texts about anything that was thrown. Never throws itself, whatever its getters, its `toString` or its prototype do. */
export function tellError(thrown: unknown): ToldError {
  try {
    if (!(thrown instanceof Error)) return { type: typeof thrown, message: typeof thrown === 'string' ? thrown : textOf(toPlainFields(thrown)), stack: undefined };
    const fields = toPlainFields(thrown);
    if (typeof fields !== 'object' || fields === null) return unreadable;
    const { name, message, stack } = fields as { readonly name?: unknown; readonly message?: unknown; readonly stack?: unknown };
    return { type: isMotiaError(thrown) ? thrown.code : textOf(name), message: textOf(message), stack: typeof stack === 'string' ? stack : undefined };
  } catch {
    return unreadable;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
}
