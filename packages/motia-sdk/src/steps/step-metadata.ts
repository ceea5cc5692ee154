import { jsonFormNow } from '../schema/json-form.js';
import { momentOf } from './moment.js';
import { generateStepId } from './step-id.js';
import type { StepConfig } from './step-config.js';

/** What the engine shows of a Step: its config as plain JSON (schemas as JSON Schema, functions left out), its file and id. */
export function stepMetadata(config: StepConfig, filePath: string): Readonly<Record<string, unknown>> {
  return { ...(plain(config, []) as Record<string, unknown>), filePath, stepId: generateStepId(filePath) };
}

function plain(value: unknown, ancestors: readonly unknown[]): unknown {
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (ancestors.includes(value)) return undefined;
  if (value instanceof Date) return momentOf(value);
  if (Array.isArray(value)) return value.map((item) => plain(item, [...ancestors, value])).filter((item) => item !== undefined);
  if ('~standard' in value || '_def' in value) return jsonFormNow(value, 'input') ?? {};
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, member]) => [key, plain(member, [...ancestors, value])] as const)
      .filter(([key, member]) => member !== undefined && !(key === 'middleware' && Array.isArray(member))),
  );
}
