import { engineErrors, type ConfigProblem } from './errors.js';
import { readConfigFile } from './config/read-config.js';
import { planModules, type ConfigNotice, type ConfigOrigin } from './config/plan-modules.js';
import type { EngineOptions } from './engine-options.js';
import type { PlannedModule } from './host/planned-module.js';
import { startOrder } from './host/start-order.js';
import { createDefinitionCatalog, type DefinitionCatalog } from './loader/definition-catalog.js';
import { importFromHere } from './loader/import-package.js';
import { packagesProviding } from './loader/standard-classes.js';
import { processEnvironment, workingDirectory } from './system/environment.js';

export interface LoadedPlan {
  readonly modules: readonly PlannedModule[];
  readonly notices: readonly ConfigNotice[];
  readonly catalog: DefinitionCatalog;
  readonly baseDir: string;
  /** The config file as it was read; undefined without one. */
  readonly file: { readonly path: string; readonly text: string } | undefined;
}

interface ConfigInput {
  readonly value: unknown;
  readonly origin: ConfigOrigin;
  readonly problems: readonly ConfigProblem[];
  readonly folder: string;
  readonly file?: LoadedPlan['file'];
}

/**
 * Everything that can be proven before anything is created: file, variables, classes, options, services, order.
 * @throws `MOTIA_ENGINE_CONFIG_INVALID` with all problems at once, `MOTIA_ENGINE_CONFIG_NOT_FOUND`,
 *   `MOTIA_ENGINE_CONFIG_UNREADABLE`, `MOTIA_ENGINE_SERVICE_MISSING`, `MOTIA_ENGINE_SERVICE_CONFLICT`,
 *   `MOTIA_ENGINE_DEPENDENCY_CYCLE`, `MOTIA_ENGINE_CONTRACT_MISMATCH`, `MOTIA_ENGINE_DEFINITION_INVALID`
 */
export async function loadPlan(options: EngineOptions): Promise<LoadedPlan> {
  const startFolder = options.baseDir ?? workingDirectory();
  const config = await readInput(options, startFolder);
  const baseDir = options.baseDir ?? config?.folder ?? startFolder;
  const uses = options.modules ?? [];
  const catalog = createDefinitionCatalog({
    definitions: [...uses.map((use) => use.definition), ...(options.definitions ?? [])],
    baseDir: config?.folder ?? baseDir,
    importPackage: options.importPackage ?? importFromHere,
  });
  const packageProblems = await addPackages(catalog, options.packages ?? []);
  const isReadable = config !== undefined && !(config.value === undefined && config.problems.length > 0);
  const plan = await planModules({ catalog, uses, ...(isReadable ? { config } : {}) });

  // A variable that is missing leaves a hole; what the hole leads to would only repeat it.
  const holes = new Set((config?.problems ?? []).map(({ pointer }) => pointer));
  const problems = [...(config?.problems ?? []), ...packageProblems, ...plan.problems.filter(({ pointer, source }) => source !== config?.origin.source || !holes.has(pointer))];
  if (problems.length > 0) {
    throw engineErrors.CONFIG_INVALID({ ...(typeof options.config === 'string' ? { file: options.config } : {}), problems: inOrder(problems) });
  }
  startOrder(plan.modules, packagesProviding);
  return { modules: plan.modules, notices: plan.notices, catalog, baseDir, file: config?.file };
}

async function readInput(options: EngineOptions, folder: string): Promise<ConfigInput | undefined> {
  if (options.config === undefined) return undefined;
  if (typeof options.config !== 'string') return { value: options.config, origin: { source: 'config' }, problems: [], folder };
  const file = await readConfigFile(options.config, { folder, environment: options.environment ?? processEnvironment() });
  const { document } = file;
  return {
    value: document.value,
    origin: { source: file.source, positionOf: (pointer) => document.positionOf(pointer), writtenAt: (pointer) => document.writtenAt(pointer) },
    problems: document.problems,
    folder: file.folder,
    file: { path: file.path, text: file.text },
  };
}

async function addPackages(catalog: DefinitionCatalog, specifiers: readonly string[]): Promise<readonly ConfigProblem[]> {
  const problems: ConfigProblem[] = [];
  for (const [index, specifier] of specifiers.entries()) {
    const problem = await catalog.addPackage(specifier);
    if (problem !== undefined) problems.push({ ...problem, source: 'packages', pointer: `/${index}` });
  }
  return problems;
}

/** By place, as a reader goes through the file. */
function inOrder(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return [...problems].sort((a, b) => (a.line ?? Number.MAX_SAFE_INTEGER) - (b.line ?? Number.MAX_SAFE_INTEGER) || (a.column ?? 0) - (b.column ?? 0));
}
