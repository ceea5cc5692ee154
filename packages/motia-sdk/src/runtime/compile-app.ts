import type { TriggerTypeSpec } from '@motia/protocol';
import { sdkErrors } from '../errors.js';
import type { StreamConfig } from '../context/stream-config.js';
import { readStep } from '../steps/read-step.js';
import type { AppFunction, AppTrigger, WireSettings } from './app-function.js';
import { compileStep } from './compile-step.js';
import type { LoadedApp, LoadedModule } from './loaded-module.js';
import { readStream } from './read-stream.js';
import { streamFunctions } from './stream-functions.js';

/** Everything that a process registers, and what kept files out of it. */
export interface CompiledApp {
  readonly functions: readonly AppFunction[];
  readonly triggers: readonly AppTrigger[];
  readonly streams: ReadonlyMap<string, StreamConfig>;
  /** Kinds of triggers that the program implements itself. */
  readonly types?: readonly TriggerTypeSpec[];
  /** Files that are not served. */
  readonly problems: readonly Error[];
}

/** Turns loaded files into functions and triggers. One bad file never keeps another out; names are taken in order of files. */
export async function compileApp(app: LoadedApp, settings: WireSettings): Promise<CompiledApp> {
  const functions = new Map<string, AppFunction>();
  const triggers: AppTrigger[] = [];
  const streams = new Map<string, StreamConfig>();
  const problems: Error[] = [];
  const names = new Map<string, string>();
  const guarded = async (loaded: LoadedModule, read: () => void | Promise<void>): Promise<void> => {
    if (loaded.loadError !== undefined) {
      problems.push(asError(loaded.loadError));
      return;
    }
    try {
      await read();
    } catch (error) {
      problems.push(asError(error));
    }
  };
  for (const loaded of app.streams ?? []) {
    await guarded(loaded, async () => {
      const config = await readStream(loaded);
      if (streams.has(config.name)) throw sdkErrors.STEP_INVALID({ file: loaded.filePath, problem: `another stream is named "${config.name}"` });
      streams.set(config.name, config);
    });
  }
  for (const loaded of app.steps) {
    await guarded(loaded, async () => {
      const step = readStep(loaded.filePath, loaded.module);
      const { name } = step.config;
      const taker = names.get(name);
      if (taker !== undefined) throw sdkErrors.STEP_NAME_TAKEN({ file: loaded.filePath, name, taker });
      const compiled = await compileStep(step, settings);
      names.set(name, loaded.filePath);
      for (const fn of compiled.functions) functions.set(fn.spec.id, fn);
      triggers.push(...compiled.triggers);
    });
  }
  const hooks = streamFunctions(streams, app.config);
  for (const fn of hooks.functions) functions.set(fn.spec.id, fn);
  triggers.push(...hooks.triggers);
  return { functions: [...functions.values()], triggers, streams, problems };
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
