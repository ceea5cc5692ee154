import { createEngine, type AnyDefinition } from '@motia/engine-core';
import { importBesideEngine } from '../../import-beside-engine.js';
import { defaultModules, schemaOf } from '../../standard-modules.js';
import type { ConfigChoice } from '../args.js';
import { resolveSubject } from '../paths.js';
import { counted } from '../verbs/verb.js';

interface Place {
  readonly cwd: string;
}

/** The JSON Schema of the whole file. Packages that the file itself lists take part when the file is sound. */
export async function printSchema(choice: ConfigChoice, place: Place): Promise<string> {
  return `${JSON.stringify(schemaOf(await definitionsOf(choice, place)), null, 2)}\n`;
}

async function definitionsOf(choice: ConfigChoice, { cwd }: Place): Promise<readonly AnyDefinition[]> {
  try {
    const { configPath } = resolveSubject(choice, cwd);
    if (configPath === undefined) return [];
    const engine = await createEngine({ config: configPath, importPackage: importBesideEngine });
    await engine.stop();
    return engine.definitions();
  } catch {
    // A missing or broken file still wants its schema: that is what helps to mend it.
    return [];
  }
}

/** Proves the file without starting anything. @throws as `createEngine`, with every problem at once */
export async function checkConfig(choice: ConfigChoice, { cwd }: Place): Promise<string> {
  const { configPath, subject } = resolveSubject(choice, cwd);
  const engine = await createEngine({ ...(configPath === undefined ? { modules: defaultModules({ keep: 'files' }) } : { config: configPath }), importPackage: importBesideEngine });
  await engine.stop();
  const notices = engine.notices.map((notice) => `${notice.source}${notice.line === undefined ? '' : `:${notice.line}`}: ${notice.message}\n`);
  const modules = engine.modules().map((module) => `  ${module.class}  ${module.name} ${module.version}\n`);
  return [...notices, `${configPath ?? subject}: no problems, ${counted(modules.length, 'module')}\n`, ...modules].join('');
}
