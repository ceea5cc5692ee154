import { isMotiaError, messageOf } from '@motia/protocol';
import type { AnyAdapterDefinition, PluginChoice } from '../contract/adapter.js';
import type { AnyModuleDefinition, ModuleUse } from '../contract/module.js';
import type { OptionProblem, OptionsSchema } from '../contract/options.js';
import type { ConfigProblem } from '../errors.js';
import { instanceName, planModule, type ModuleSource, type PlannedModule } from '../host/planned-module.js';
import type { DefinitionCatalog } from '../loader/definition-catalog.js';
import { supersededKeys } from '../loader/standard-classes.js';
import { isPlainObject, setOwn } from '../options/plain-data.js';
import type { Position } from './config-document.js';
import { fileOptions, type EngineConfig } from './file-shape.js';

/** The module that the top-level `port` belongs to. */
const workerClass = 'modules::worker::WorkerModule';

/** Said once at boot: accepted, and not what the reader may expect. */
export interface ConfigNotice {
  readonly message: string;
  readonly source: string;
  readonly line?: number;
  readonly pointer: string;
}

/** Where a configuration came from. */
export interface ConfigOrigin {
  /** `config.yaml`, or `config` for an object. */
  readonly source: string;
  readonly positionOf?: (pointer: string) => Position;
  /** What stands where a variable was put in. */
  readonly writtenAt?: (pointer: string) => string | undefined;
}

export interface ModulePlan {
  readonly modules: readonly PlannedModule[];
  readonly problems: readonly ConfigProblem[];
  readonly notices: readonly ConfigNotice[];
}

/** Collects what is wrong and what is worth saying, each with its place. */
class Findings {
  readonly problems: ConfigProblem[] = [];
  readonly notices: ConfigNotice[] = [];

  report(origin: ConfigOrigin, pointer: string, found: Omit<ConfigProblem, 'source' | 'pointer'>): void {
    this.problems.push({ ...found, source: origin.source, pointer, ...origin.positionOf?.(pointer) });
  }

  say(origin: ConfigOrigin, pointer: string, message: string): void {
    const line = origin.positionOf?.(pointer).line;
    this.notices.push({ message, source: origin.source, pointer, ...(line === undefined ? {} : { line }) });
  }
}

/**
 * Turns a configuration and modules from code into modules that are ready to be created: every class found, every
 * option proven, nothing created. Never throws; whatever is wrong comes back, all of it at once.
 */
export async function planModules(input: {
  readonly catalog: DefinitionCatalog;
  readonly config?: { readonly value: unknown; readonly origin: ConfigOrigin };
  readonly uses: readonly ModuleUse[];
}): Promise<ModulePlan> {
  const { catalog } = input;
  const findings = new Findings();
  const chosen: Chosen[] = [];

  const offeredBy = new Map<string, string>();

  async function choose(origin: ConfigOrigin, pointer: string, definition: AnyModuleDefinition, given: unknown): Promise<void> {
    for (const type of definition.triggerTypes ?? []) {
      const other = offeredBy.get(type);
      const problem = `offers the trigger type "${type}", which ${other} offers already; an engine has one module for each`;
      if (other === undefined) offeredBy.set(type, definition.class);
      else findings.report(origin, pointer.replace(/\/config$/, '/class'), { problem });
    }
    const options = proveOptions(findings, origin, pointer, definition, withoutSuperseded(findings, origin, pointer, definition, given));
    await proveAdapter(findings, catalog, origin, `${pointer}/adapter`, given);
    if (options === undefined) return;
    const line = origin.positionOf?.(pointer).line;
    const source: ModuleSource = { from: origin.positionOf === undefined ? 'code' : 'file', given, writtenAt: (inner) => origin.writtenAt?.(`${pointer}${inner}`), ...(line === undefined ? {} : { line }) };
    chosen.push({ definition, options: options.value, source });
  }

  if (input.config !== undefined) {
    const { origin } = input.config;
    const file = parseFile(findings, origin, input.config.value);
    for (const [index, specifier] of (file?.packages ?? []).entries()) {
      const problem = await catalog.addPackage(specifier);
      if (problem !== undefined) findings.report(origin, `/packages/${index}`, problem);
    }
    for (const [index, entry] of (file?.modules ?? []).entries()) {
      if (entry === undefined) continue;
      const pointer = `/modules/${index}`;
      const found = await catalog.find('module', entry.class);
      if ('definition' in found) await choose(origin, `${pointer}/config`, found.definition, entry.class === workerClass ? withWorkerPort(findings, origin, file?.port, entry.config) : entry.config);
      else if ('ignored' in found) findings.say(origin, `${pointer}/class`, `${entry.class} is accepted and does nothing: ${found.ignored}`);
      else findings.report(origin, `${pointer}/class`, found);
    }
    if (file?.port !== undefined && !file.modules.some((entry) => entry?.class === workerClass)) {
      const found = await catalog.find('module', workerClass);
      if ('definition' in found) await choose(origin, '', found.definition, { port: file.port });
      else if (!('ignored' in found)) findings.report(origin, '/port', { ...found, problem: `is the port for remote worker processes, and ${workerClass} is missing: ${found.problem}` });
    }
  }
  for (const [index, use] of input.uses.entries()) {
    await choose({ source: `modules[${index}] (${use.definition.name})` }, '', use.definition as AnyModuleDefinition, use.options);
  }
  return { modules: withIds(chosen), problems: findings.problems, notices: findings.notices };
}

/** The top-level `port` is the worker module's, unless that has one of its own. */
function withWorkerPort(findings: Findings, origin: ConfigOrigin, port: number | undefined, config: unknown): unknown {
  if (port === undefined || !(isPlainObject(config) || config === undefined || config === null)) return config;
  if (config?.['port'] === undefined) return { ...config, port };
  if (config['port'] !== port) findings.say(origin, '/port', `port has no effect: the config of ${workerClass} names another one, which is used`);
  return config;
}

type ReadableEntry = EngineConfig['modules'][number];
/** Entries that cannot be read keep their place in the list: pointers count from it. */
type ReadableFile = Omit<EngineConfig, 'modules'> & { readonly modules: readonly (ReadableEntry | undefined)[] };

function parseFile(findings: Findings, origin: ConfigOrigin, value: unknown): ReadableFile | undefined {
  if (value === null || value === undefined) {
    findings.report(origin, '', { problem: 'is empty; it needs at least modules:' });
    return undefined;
  }
  try {
    return fileOptions.parse(value);
  } catch (error) {
    for (const { pointer, ...found } of optionProblems(error)) {
      const isNewerForm = pointer === '/workers';
      findings.report(origin, pointer, isNewerForm ? { problem: 'unknown key; modules are listed here as `modules: [{ class, config }]`', suggestion: 'modules' } : found);
    }
    return partOf(value);
  }
}

/** What can still be looked at in a file whose top level has problems, so that all of them are reported at once. */
function partOf(value: unknown): ReadableFile | undefined {
  if (!isPlainObject(value)) return undefined;
  const list = (key: string): readonly unknown[] => (Array.isArray(value[key]) ? value[key] : []);
  return {
    packages: list('packages').filter((specifier): specifier is string => typeof specifier === 'string' && specifier !== ''),
    modules: list('modules').map((entry) => (isPlainObject(entry) && typeof entry['class'] === 'string' && entry['class'] !== '' ? (entry as ReadableEntry) : undefined)),
  };
}

function proveOptions(
  findings: Findings, origin: ConfigOrigin, pointer: string,
  definition: { readonly options: OptionsSchema<unknown> }, given: unknown,
): { readonly value: unknown } | undefined {
  try {
    return { value: definition.options.parse(given) };
  } catch (error) {
    for (const { pointer: inner, ...found } of optionProblems(error)) findings.report(origin, `${pointer}${inner}`, found);
    return undefined;
  }
}

/** The problems in an error of `parse`; a schema of someone else's making may throw anything. */
function optionProblems(error: unknown): readonly OptionProblem[] {
  const details = isMotiaError(error) ? (error.details as { readonly problems?: readonly OptionProblem[] } | undefined) : undefined;
  return details?.problems ?? [{ pointer: '', problem: messageOf(error) }];
}

/** Takes superseded keys out, with one notice each, unless the schema still knows them. */
function withoutSuperseded(
  findings: Findings, origin: ConfigOrigin, pointer: string,
  definition: AnyModuleDefinition | AnyAdapterDefinition, given: unknown,
): unknown {
  if (!isPlainObject(given)) return given;
  const known = isPlainObject(definition.options.jsonSchema['properties']) ? definition.options.jsonSchema['properties'] : {};
  const superseded: Readonly<Record<string, string>> = {
    ...(definition.class.startsWith('modules::') ? supersededKeys : {}),
    ...('supersededKeys' in definition ? definition.supersededKeys : {}),
  };
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    if (Object.hasOwn(superseded, key) && !Object.hasOwn(known, key)) {
      findings.say(origin, `${pointer}/${key}`, `${key} has no effect any more; what replaces it: ${superseded[key]}`);
    } else {
      setOwn(kept, key, value);
    }
  }
  return kept;
}

/** `adapter: { class, config }` is proven here too, so that a bad one is reported with its place before any create. */
async function proveAdapter(findings: Findings, catalog: DefinitionCatalog, origin: ConfigOrigin, pointer: string, given: unknown): Promise<void> {
  const choice: unknown = isPlainObject(given) ? given['adapter'] : undefined;
  if (!isPlainObject(choice) || typeof choice['class'] !== 'string') return;
  const found = await catalog.find('adapter', choice['class']);
  if ('definition' in found) {
    const { definition } = found;
    proveOptions(findings, origin, `${pointer}/config`, definition, withoutSuperseded(findings, origin, `${pointer}/config`, definition, choice['config']));
  } else if (!('ignored' in found)) {
    findings.report(origin, `${pointer}/class`, found);
  }
}

/** The adapter's options as `proveAdapter` judged them. */
export function adapterOptions(definition: AnyAdapterDefinition, choice: PluginChoice | undefined): unknown {
  return definition.options.parse(withoutSuperseded(new Findings(), { source: '' }, '', definition, choice?.config));
}

interface Chosen {
  readonly definition: AnyModuleDefinition;
  readonly options: unknown;
  readonly source: ModuleSource;
}

function withIds(chosen: readonly Chosen[]): readonly PlannedModule[] {
  const counts = new Map<string, number>();
  return chosen.map(({ definition, options, source }) => {
    const base = instanceName(definition.name);
    const count = (counts.get(base) ?? 0) + 1;
    counts.set(base, count);
    return planModule(definition, count === 1 ? base : `${base}-${count}`, options, source);
  });
}
