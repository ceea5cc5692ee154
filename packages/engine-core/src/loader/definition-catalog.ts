import type { AnyAdapterDefinition } from '../contract/adapter.js';
import type { AnyModuleDefinition } from '../contract/module.js';
import { engineErrors } from '../errors.js';
import { nearestNames } from '../options/nearest.js';
import { classPathProblem } from './class-path.js';
import { asMotiaError, checkDefinition, definitionsIn, type AnyDefinition } from './definition-shape.js';
import { importFrom, isNotInstalled, type ImportPackage } from './import-package.js';
import { standardClasses, type StandardClass } from './standard-classes.js';

/** Why a class path leads nowhere, for a message with a place. */
export interface ClassProblem {
  readonly problem: string;
  readonly suggestion?: string;
  readonly command?: string;
}
export type Found<D> = { readonly definition: D } | { readonly ignored: string } | ClassProblem;

interface Kinds {
  readonly module: AnyModuleDefinition;
  readonly adapter: AnyAdapterDefinition;
}

/** All definitions an engine can name: those handed over, those of listed packages, the standard ones when named. */
export interface DefinitionCatalog {
  /** Imports a package listed under `packages:` and takes in what it exports. Answers the problem, if any. */
  addPackage(specifier: string): Promise<ClassProblem | undefined>;
  /** Finds by class path; a standard package is imported now. Never throws. */
  find<K extends keyof Kinds>(kind: K, classPath: string): Promise<Found<Kinds[K]>>;
  /** Everything taken in so far. */
  definitions(): readonly AnyDefinition[];
}

export interface CatalogOptions {
  /** From code; they win over all others. */
  readonly definitions: readonly unknown[];
  /** Folder of the config file: listed packages are looked for here. */
  readonly baseDir: string;
  /** How the host imports its own modules; asked before `baseDir` for standard packages. */
  readonly importPackage: ImportPackage;
}

/** @throws `MOTIA_ENGINE_CONTRACT_MISMATCH`, `MOTIA_ENGINE_DEFINITION_INVALID` for definitions from code */
export function createDefinitionCatalog(options: CatalogOptions): DefinitionCatalog {
  const known = new Map<string, AnyDefinition>();
  for (const [index, definition] of options.definitions.entries()) {
    const checked = checkDefinition(definition, `modules[${index}]`);
    known.set(`${checked.kind} ${checked.class}`, checked);
  }
  // From code first: what a package brings never replaces it.
  function takeIn(definitions: readonly AnyDefinition[]): void {
    for (const definition of definitions) {
      const key = `${definition.kind} ${definition.class}`;
      if (!known.has(key)) known.set(key, definition);
    }
  }

  async function importStandard(specifier: string): Promise<unknown> {
    try {
      return await options.importPackage(specifier);
    } catch (error) {
      if (!isNotInstalled(error, specifier)) throw error;
      return importFrom(options.baseDir, specifier);
    }
  }

  async function loadStandard(classPath: string, entry: StandardClass): Promise<ClassProblem | undefined> {
    try {
      takeIn(definitionsIn(await importStandard(entry.package), entry.package));
      return undefined;
    } catch (error) {
      if (!isNotInstalled(error, entry.package)) return { problem: loadFailure(entry.package, error) };
      if (entry.status === 'planned') return { problem: `${classPath} is known and not built yet: no version of ${entry.package} exists so far` };
      return { problem: `${classPath} needs the package ${entry.package}, which is not installed`, command: `npm i ${entry.package}` };
    }
  }

  function classesOf(kind: keyof Kinds): readonly string[] {
    const own = [...known.values()].filter((definition) => definition.kind === kind).map((definition) => definition.class);
    return [...new Set([...own, ...[...standardClasses].filter(([, entry]) => entry.kind === kind).map(([name]) => name)])];
  }

  async function unknownClass(kind: keyof Kinds, classPath: string): Promise<ClassProblem> {
    const malformed = classPathProblem(classPath);
    const nearest = nearestClasses(classPath, classesOf(kind));
    // What nobody has built yet is no advice, unless it is what was meant beyond doubt.
    const suggestion = nearest.find((name) => standardClasses.get(name)?.status !== 'planned') ?? nearest.find((name) => endsLike(name, lastOf(classPath)));
    const problem = malformed === undefined ? `unknown class ${classPath}; no ${kind} of that class path is known` : `the class path ${malformed}`;
    const entry = suggestion === undefined ? undefined : standardClasses.get(suggestion);
    // Only a look tells whether it has to be installed.
    const missing = suggestion === undefined || entry?.status !== 'built' || known.has(`${kind} ${suggestion}`) ? undefined : await loadStandard(suggestion, entry);
    return {
      problem: `${problem}${suggestion === undefined ? '; list the package that brings it under packages:' : ''}`,
      ...(suggestion === undefined ? {} : { suggestion }),
      ...(missing?.command === undefined ? {} : { command: missing.command }),
    };
  }

  return {
    async addPackage(specifier) {
      try {
        takeIn(definitionsIn(await importFrom(options.baseDir, specifier), specifier));
        return undefined;
      } catch (error) {
        if (!isNotInstalled(error, specifier)) return { problem: loadFailure(specifier, error) };
        const isFile = specifier.startsWith('.') || specifier.startsWith('/');
        return isFile ? { problem: `there is no file ${specifier}` } : { problem: `the package ${specifier} is not installed`, command: `npm i ${specifier}` };
      }
    },
    async find<K extends keyof Kinds>(kind: K, classPath: string): Promise<Found<Kinds[K]>> {
      const key = `${kind} ${classPath}`;
      const standard = standardClasses.get(classPath);
      if (!known.has(key) && standard?.kind === kind) {
        if (standard.status === 'ignored') return { ignored: standard.note ?? 'it does nothing here' };
        const problem = await loadStandard(classPath, standard);
        if (problem !== undefined) return problem;
      }
      const definition = known.get(key);
      if (definition !== undefined) return { definition: definition as Kinds[K] };
      if (standard?.kind === kind) {
        return { problem: standard.status === 'planned' ? `${classPath} is known and not built yet: ${standard.package} does not have it so far` : `${classPath} is not exported by the installed ${standard.package}` };
      }
      const other = kind === 'module' ? 'adapter' : 'module';
      if (standard !== undefined || known.has(`${other} ${classPath}`)) {
        return { problem: `${classPath} is ${other === 'module' ? 'a module' : 'an adapter'}, and ${kind === 'module' ? 'a module' : 'an adapter'} belongs here` };
      }
      return unknownClass(kind, classPath);
    },
    definitions: () => [...known.values()],
  };
}

function lastOf(classPath: string): string {
  return classPath.split(/:+/).at(-1) ?? classPath;
}

function endsLike(name: string, last: string): boolean {
  return nearestNames(last, [lastOf(name)]).length > 0 || name.endsWith(`::${last}`);
}

/** Compares whole paths and last names, so that `modules::rest::RestApiModule` finds `modules::api::RestApiModule`. */
function nearestClasses(classPath: string, classes: readonly string[]): readonly string[] {
  const sameEnd = classes.filter((name) => endsLike(name, lastOf(classPath)));
  return [...new Set([...nearestNames(classPath, classes, 3), ...sameEnd])].slice(0, 3);
}

function loadFailure(specifier: string, error: unknown): string {
  return asMotiaError(error, (reason) => engineErrors.DEFINITION_NOT_FOUND({ specifier, reason }, error)).message;
}
