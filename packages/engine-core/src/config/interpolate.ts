import type { Environment } from '../system/environment.js';

/** `${NAME}` or `${NAME:fallback}`: a name holds neither `}` nor `:`, a fallback may be empty and holds no `}`. */
const variable = /\$\{([^}:]+)(?::([^}]*))?\}/g;

export interface Interpolated {
  readonly text: string;
  /** Names that are unset and have no fallback, each once. Nothing was put in their place. */
  readonly missing: readonly string[];
}

/** Whether a text holds a variable at all. */
export function hasVariable(text: string): boolean {
  return text.includes('${') && text.search(variable) !== -1;
}

/**
 * Puts the values of variables in, once: what a value or a fallback holds is never expanded again. A variable that is
 * set to nothing counts as set.
 */
export function interpolate(text: string, environment: Environment): Interpolated {
  const missing = new Set<string>();
  const expanded = text.replace(variable, (whole, name: string, fallback: string | undefined) => {
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value !== undefined) return value;
    if (fallback !== undefined) return fallback;
    missing.add(name);
    return whole;
  });
  return { text: expanded, missing: [...missing] };
}
