import { sdkErrors } from '../errors.js';
import type { Enqueue, StepConfig, TriggerConfig } from './step-config.js';
import { unknownKeyProblem } from './trigger-keys.js';

/** A Step as the runtime serves it, whichever way its file was written. */
export interface ReadStep {
  readonly filePath: string;
  readonly config: StepConfig;
  readonly handler: (input: unknown, ctx: unknown) => unknown;
}

const methods = new Set(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']);
const logLevels = new Set(['all', 'trace', 'debug', 'info', 'warn', 'error']);

/**
 * Reads the namespace object of a Step file: `config` + `handler`, the result of `step()` as default export, or the
 * flat config of versions before 1.0.
 * @throws MotiaError `MOTIA_SDK_STEP_INVALID`
 */
export function readStep(filePath: string, module: unknown): ReadStep {
  const fail = (problem: string): never => {
    throw sdkErrors.STEP_INVALID({ file: filePath, problem });
  };
  const exported = members(module);
  const fallback = members(exported['default']);
  const rawConfig = exported['config'] ?? fallback['config'];
  const handler = exported['handler'] ?? fallback['handler'];
  if (typeof rawConfig !== 'object' || rawConfig === null) return fail(`it exports no \`config\`${namedStepHint(exported)}`);
  const config = normalised(rawConfig as Record<string, unknown>);
  if (typeof config.name !== 'string' || config.name === '') return fail('`config.name` must be a non-empty string');
  if (!Array.isArray(config.triggers)) return fail('`config.triggers` must be a list');
  config.triggers.forEach((trigger, index) => {
    const problem = triggerProblem(trigger as unknown) ?? unknownKeyProblem(trigger as Readonly<Record<string, unknown>>);
    if (problem !== undefined) fail(`\`config.triggers[${index}]\` ${problem}`);
  });
  if (typeof handler !== 'function') {
    if (config.triggers.length === 0) return { filePath, config, handler: () => undefined };
    return fail('it exports no `handler` function');
  }
  return { filePath, config, handler: handler as ReadStep['handler'] };
}

/** Steps that are exported by name are the likeliest mistake. */
function namedStepHint(exported: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(exported).filter((name) => typeof members(exported[name])['config'] === 'object' && typeof members(exported[name])['handler'] === 'function');
  return names.length === 0 ? '' : `: ${names.map((name) => `\`${name}\``).join(', ')} must be the default export of a file of ${names.length === 1 ? 'its' : 'their'} own`;
}

function members(value: unknown): Record<string, unknown> {
  return (typeof value === 'object' || typeof value === 'function') && value !== null ? (value as Record<string, unknown>) : {};
}

function triggerProblem(trigger: unknown): string | undefined {
  const t = members(trigger);
  const text = (key: string): string | undefined => (typeof t[key] === 'string' && t[key] !== '' ? undefined : `needs \`${key}\``);
  switch (t['type']) {
    case 'http':
    case 'api':
      return text('path') ?? (methods.has(String(t['method']).toUpperCase()) ? undefined : `has method ${String(t['method'])}; one of ${[...methods].join(', ')}`);
    case 'queue':
    case 'subscribe':
      return text('topic');
    case 'cron':
      if (t['at'] === undefined) return text('expression');
      return t['expression'] === undefined ? undefined : 'has both `expression` and `at`: a schedule repeats or runs once';
    case 'stream':
      return text('streamName');
    case 'log':
      return t['level'] === undefined || logLevels.has(String(t['level'])) ? undefined : `has level ${JSON.stringify(t['level'])}; one of ${[...logLevels].join(', ')}`;
    case 'state':
    case 'http_middleware':
      return undefined;
    default:
      return `has type ${JSON.stringify(t['type'])}; one of http, queue, cron, state, stream, subscribe, log, http_middleware`;
  }
}

/** Flat configs (`{ type: 'api', path, method, emits }`) become triggers; `emits` becomes `enqueues`. */
function normalised(raw: Record<string, unknown>): StepConfig {
  const { type, emits, virtualEmits, ...rest } = raw;
  const config: Record<string, unknown> = { ...rest };
  if (config['enqueues'] === undefined && Array.isArray(emits)) config['enqueues'] = emits as Enqueue[];
  if (config['virtualEnqueues'] === undefined && Array.isArray(virtualEmits)) config['virtualEnqueues'] = virtualEmits as Enqueue[];
  if (config['triggers'] === undefined) config['triggers'] = flatTriggers(type, config);
  return config as unknown as StepConfig;
}

function flatTriggers(type: unknown, config: Record<string, unknown>): TriggerConfig[] | undefined {
  const take = (...keys: string[]): Record<string, unknown> => {
    const taken: Record<string, unknown> = {};
    for (const key of keys) {
      if (config[key] !== undefined) taken[key] = config[key];
       
      delete config[key];
    }
    return taken;
  };
  switch (type) {
    case 'api':
    case 'http':
      return [{ type: 'http', ...take('path', 'method', 'bodySchema', 'responseSchema', 'queryParams', 'middleware') } as unknown as TriggerConfig];
    case 'event': {
      const { subscribes, input } = take('subscribes', 'input');
      return (Array.isArray(subscribes) ? (subscribes as string[]) : []).map((topic) => ({ type: 'queue', topic, ...(input === undefined ? {} : { input }) }) as TriggerConfig);
    }
    case 'cron':
      return [{ type: 'cron', expression: String(take('cron')['cron']) }];
    case 'noop':
      return [];
    default:
      return undefined;
  }
}
