import { sdkErrors } from '../errors.js';
import type { LoadedApp, LoadedModule } from '../preamble/load-app.js';
import { readStream } from '../runtime/read-stream.js';
import { jsonForm, type SchemaSide } from '../schema/json-form.js';
import type { StepSchemaInput } from '../schema/standard-schema.js';
import { readStep } from '../steps/read-step.js';
import type { Enqueue } from '../steps/step-config.js';

/** A schema in its JSON Schema form, and who has it. `true` for one that has no such form. */
export interface FoundSchema {
  readonly filePath: string;
  readonly schema: unknown;
}
/** By name of stream or topic; without schemas where nobody says what its data is. */
export type NamedSchemas = ReadonlyMap<string, readonly FoundSchema[]>;
export interface AppSchemas {
  readonly streams: NamedSchemas;
  readonly topics: NamedSchemas;
}

/** Reads the schemas of streams and topics from the files of an app; a file that is no Step or stream is a problem and nothing else. */
export async function collectSchemas(app: Pick<LoadedApp, 'steps' | 'streams'>): Promise<AppSchemas & { readonly problems: readonly Error[] }> {
  const streams = new Map<string, FoundSchema[]>();
  const topics = new Map<string, FoundSchema[]>();
  const problems: Error[] = [];
  const guarded = async (loaded: LoadedModule, read: (module: unknown) => Promise<void>): Promise<void> => {
    if ('loadError' in loaded) {
      problems.push(loaded.loadError);
      return;
    }
    try {
      await read(loaded.module);
    } catch (error) {
      problems.push(error instanceof Error ? error : sdkErrors.STEP_INVALID({ file: loaded.filePath, problem: String(error) }));
    }
  };
  for (const loaded of app.streams) {
    await guarded(loaded, async (module) => {
      const { name, schema } = await readStream({ filePath: loaded.filePath, module });
      // What is stored is what a handler gets.
      await add(streams, { name, filePath: loaded.filePath, schema, side: 'output' });
    });
  }
  for (const loaded of app.steps) {
    await guarded(loaded, async (module) => {
      const { config } = readStep(loaded.filePath, module);
      for (const topic of config.enqueues ?? []) await add(topics, { name: topicOf(topic), filePath: loaded.filePath, side: 'input' });
      for (const trigger of config.triggers) {
        // What is enqueued is what a subscriber takes: the side before its defaults and transforms.
        if (trigger.type === 'queue') await add(topics, { name: trigger.topic, filePath: loaded.filePath, schema: trigger.input, side: 'input' });
      }
    });
  }
  return { streams, topics, problems };
}

function topicOf(enqueue: Enqueue): string {
  return typeof enqueue === 'string' ? enqueue : enqueue.topic;
}

interface Found {
  readonly name: string;
  readonly filePath: string;
  readonly schema?: StepSchemaInput | undefined;
  readonly side: SchemaSide;
}

async function add(all: Map<string, FoundSchema[]>, { name, filePath, schema, side }: Found): Promise<void> {
  const found = all.get(name) ?? [];
  all.set(name, found);
  if (schema !== undefined) found.push({ filePath, schema: (await jsonForm(schema, side)) ?? true });
}
