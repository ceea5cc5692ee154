import { messageOf } from '@motia/protocol';
import type { StreamConfig } from '../context/stream-config.js';
import { sdkErrors } from '../errors.js';
import { schemaParser } from '../schema/data-check.js';
import type { LoadedModule } from './loaded-module.js';

/** Reads the module of a stream file. @throws MotiaError `MOTIA_SDK_STEP_INVALID` */
export async function readStream({ filePath, module }: LoadedModule): Promise<StreamConfig> {
  const exported = (module ?? {}) as { config?: unknown; default?: { config?: unknown } };
  const config = (exported.config ?? exported.default?.config) as Partial<StreamConfig> | undefined;
  if (typeof config?.name !== 'string' || config.name === '') throw sdkErrors.STEP_INVALID({ file: filePath, problem: 'a stream exports `config` with a name' });
  if (config.schema !== undefined) {
    // Compiled now, so that a schema that cannot be is a problem of this file and not of whoever sets the first item.
    await schemaParser(config.schema).catch((error: unknown) => {
      throw sdkErrors.STEP_INVALID({ file: filePath, problem: `the schema of stream "${config.name}" cannot be compiled: ${messageOf(error)}` }, error);
    });
  }
  return config as StreamConfig;
}
