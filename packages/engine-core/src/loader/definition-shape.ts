import { isMotiaError, messageOf, type MotiaError } from '@motia/protocol';
import type { AnyAdapterDefinition } from '../contract/adapter.js';
import { CONTRACT_VERSION, type AnyModuleDefinition } from '../contract/module.js';
import { engineErrors } from '../errors.js';
import { classPathProblem } from './class-path.js';

export type AnyDefinition = AnyModuleDefinition | AnyAdapterDefinition;

/** Whether something is meant to be a definition, right or wrong. */
export function looksLikeDefinition(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, contract } = value as Record<string, unknown>;
  return (kind === 'module' || kind === 'adapter') && contract !== undefined;
}

/**
 * Checks that foreign code handed over a definition this engine can run.
 * @throws `MOTIA_ENGINE_CONTRACT_MISMATCH` for another contract number, `MOTIA_ENGINE_DEFINITION_INVALID`
 */
export function checkDefinition(value: unknown, specifier: string): AnyDefinition {
  if (!looksLikeDefinition(value)) throw engineErrors.DEFINITION_INVALID({ specifier, problem: 'it is not made by defineModule or defineAdapter' });
  const { name, version, contract } = value;
  // Looked at first: under another contract nothing else can be judged.
  if (contract !== CONTRACT_VERSION) {
    throw engineErrors.CONTRACT_MISMATCH({
      name: typeof name === 'string' ? name : specifier,
      version: typeof version === 'string' ? version : '(no version)',
      found: contract,
      supported: CONTRACT_VERSION,
    });
  }
  const problem = shapeProblem(value);
  if (problem !== undefined) throw engineErrors.DEFINITION_INVALID({ specifier, problem });
  return value as unknown as AnyDefinition;
}

function shapeProblem(value: Readonly<Record<string, unknown>>): string | undefined {
  for (const key of ['name', 'version', 'class']) {
    if (typeof value[key] !== 'string' || value[key] === '') return `"${key}" must be text`;
  }
  const classProblem = classPathProblem(value['class'] as string);
  if (classProblem !== undefined) return `its class path ${classProblem}`;
  const options = value['options'] as { parse?: unknown; jsonSchema?: unknown } | undefined;
  if (typeof options?.parse !== 'function' || typeof options.jsonSchema !== 'object') return '"options" must be what defineOptions returns';
  if (typeof value['create'] !== 'function') return '"create" must be a function';
  for (const key of ['requires', 'optional', 'provides']) {
    const problem = refsProblem(key, value[key]);
    if (problem !== undefined) return problem;
  }
  const types = value['triggerTypes'];
  if (types !== undefined && !(Array.isArray(types) && types.every((type) => typeof type === 'string'))) return '"triggerTypes" must be a list of names';
  return value['kind'] === 'adapter' ? adapterProblem(value) : undefined;
}

function refsProblem(key: string, refs: unknown): string | undefined {
  if (refs === undefined) return undefined;
  const values = typeof refs === 'object' && refs !== null ? Object.values(refs) : [undefined];
  return values.every((ref) => typeof (ref as { id?: unknown } | undefined)?.id === 'string') ? undefined : `"${key}" must map names to refs`;
}

function adapterProblem(value: Readonly<Record<string, unknown>>): string | undefined {
  const slot = value['slot'] as { id?: unknown; capabilities?: unknown } | undefined;
  if (typeof slot?.id !== 'string' || !Array.isArray(slot.capabilities)) return '"slot" must be an adapter slot';
  const claimed = value['capabilities'];
  if (!Array.isArray(claimed)) return '"capabilities" must be a list';
  const unknown = claimed.find((capability) => !(slot.capabilities as unknown[]).includes(capability)) as unknown;
  return unknown === undefined ? undefined : `the slot ${slot.id} knows no capability "${String(unknown)}"`;
}

/**
 * The definitions that a module namespace exports, by name or as default, each once. CommonJS seen from ESM
 * (`default.default`) and lists of definitions count too.
 * @throws as `checkDefinition`; `MOTIA_ENGINE_DEFINITION_INVALID` when there is none
 */
export function definitionsIn(namespace: unknown, specifier: string): readonly AnyDefinition[] {
  const found = new Set<unknown>();
  collect(namespace, found, 3);
  if (found.size === 0) throw engineErrors.DEFINITION_INVALID({ specifier, problem: 'no export is made by defineModule or defineAdapter' });
  return [...found].map((value) => checkDefinition(value, specifier));
}

function collect(value: unknown, found: Set<unknown>, depth: number): void {
  if (looksLikeDefinition(value)) {
    found.add(value);
    return;
  }
  if (depth === 0 || typeof value !== 'object' || value === null) return;
  const isNamespace = !Array.isArray(value) && depth < 3;
  // Below the top only what stands for the whole package is looked into, not every object that it happens to export.
  for (const [key, member] of Object.entries(value)) if (!isNamespace || key === 'default' || looksLikeDefinition(member)) collect(member, found, depth - 1);
}

/** The MotiaError inside anything thrown, made from it when there is none. */
export function asMotiaError(error: unknown, otherwise: (reason: string) => MotiaError): MotiaError {
  return isMotiaError(error) ? error : otherwise(messageOf(error));
}
