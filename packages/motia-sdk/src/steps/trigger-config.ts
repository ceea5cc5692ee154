import type { JsonSchemaObject, StepSchemaInput } from '../schema/standard-schema.js';
import { jsonForm } from '../schema/json-form.js';
import type { CronTrigger, OneOffTrigger } from './cron-trigger.js';
import { momentOf } from './moment.js';
import type { InfrastructureConfig } from './queue-config.js';
import type { ApiTrigger, QueryParam, QueueTrigger, TriggerConfig } from './step-config.js';

type EngineConfig = Record<string, unknown>;

/** A trigger as the engine takes it: inventoried snake_case keys, schemas as JSON Schema. */
export async function engineTriggerConfig(trigger: TriggerConfig, conditionFunctionId: string | undefined, infrastructure: InfrastructureConfig | undefined): Promise<EngineConfig> {
  const config = await configOfType(trigger, infrastructure);
  if (conditionFunctionId !== undefined) config['condition_function_id'] = conditionFunctionId;
  return config;
}

async function configOfType(trigger: TriggerConfig, infrastructure: InfrastructureConfig | undefined): Promise<EngineConfig> {
  switch (trigger.type) {
    case 'http':
    case 'api':
      return httpConfig(trigger);
    case 'queue':
      return queueConfig(trigger, infrastructure);
    case 'cron':
      return cronConfig(trigger);
    case 'subscribe':
      return { topic: trigger.topic };
    case 'http_middleware':
      return defined({ phase: trigger.phase, priority: trigger.priority, path: trigger.path, methods: trigger.methods, timeout_ms: trigger.timeoutMs });
    case 'state':
      return defined({ scope: trigger.scope, key: trigger.key });
    case 'stream':
      return defined({ stream_name: trigger.streamName, group_id: trigger.groupId, item_id: trigger.itemId });
    case 'log':
      return defined({ level: trigger.level });
  }
}

function cronConfig({ expression, at, timezone, overlap, catchUp, catchUpWindowMs, timeoutMs, queue }: CronTrigger | OneOffTrigger): EngineConfig {
  return defined({ expression, at: at === undefined ? undefined : momentOf(at), timezone, overlap, catch_up: catchUp, catch_up_window_ms: catchUpWindowMs, timeout_ms: timeoutMs, queue });
}

async function httpConfig(trigger: ApiTrigger): Promise<EngineConfig> {
  const { path, method, bodySchema, queryParams, responseSchema, timeoutMs, rawBody, bodyLimitBytes, bodyTimeoutMs, consumes, produces, files, respond, idempotency } = trigger;
  return defined({
    api_path: path.startsWith('/') ? path : `/${path}`,
    http_method: method.toUpperCase(),
    body_schema: bodySchema === undefined ? undefined : await jsonForm(bodySchema, 'input'),
    query_params: queryParams === undefined ? undefined : isQueryList(queryParams) ? queryParams : await jsonForm(queryParams, 'input'),
    response_schema: responseSchema === undefined ? undefined : await responseForms(responseSchema),
    timeout_ms: timeoutMs,
    raw_body: rawBody,
    body_limit_bytes: bodyLimitBytes,
    body_timeout_ms: bodyTimeoutMs,
    consumes,
    produces,
    files: files === undefined ? undefined : Object.fromEntries(Object.entries(files).map(([field, rule]) => [field, defined({ description: rule.description, required: rule.required, multiple: rule.multiple, content_types: rule.contentTypes })])),
    respond,
    idempotency: typeof idempotency === 'object' ? defined({ required: idempotency.required, ttl_ms: idempotency.ttlMs, scope_headers: idempotency.scopeHeaders }) : idempotency,
  });
}

async function responseForms(schemas: Readonly<Record<number, StepSchemaInput>>): Promise<Record<string, JsonSchemaObject> | undefined> {
  const forms: Record<string, JsonSchemaObject> = {};
  for (const [status, schema] of Object.entries(schemas)) {
    const form = await jsonForm(schema, 'input');
    if (form !== undefined) forms[status] = form;
  }
  return Object.keys(forms).length === 0 ? undefined : forms;
}

function queueConfig(trigger: QueueTrigger, stepInfrastructure: InfrastructureConfig | undefined): EngineConfig {
  const queue = { ...stepInfrastructure?.queue, ...trigger.infrastructure?.queue, ...trigger.config };
  return defined({ topic: trigger.topic, queue_config: Object.keys(queue).length === 0 ? undefined : queue });
}

/** True for the list form of `queryParams`. */
export function isQueryList(queryParams: readonly QueryParam[] | StepSchemaInput): queryParams is readonly QueryParam[] {
  return Array.isArray(queryParams);
}

function defined(config: EngineConfig): EngineConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}
