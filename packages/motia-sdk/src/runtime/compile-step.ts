import { isWireValue, messageOf } from '@motia/protocol';
import type { StepContext } from '../context/step-context.js';
import { sdkErrors } from '../errors.js';
import { httpCondition, httpFunction } from '../http/http-function.js';
import { middlewareInput } from '../http/http-middleware.js';
import { chain, type Middleware } from '../http/middleware-chain.js';
import { jsonForm } from '../schema/json-form.js';
import { schemaParser } from '../schema/data-check.js';
import { parserOf, type Parse, type ParseOutcome } from '../schema/parse-value.js';
import type { TriggerInfo } from '../steps/flow-context.js';
import { conditionId, functionIds } from '../steps/function-ids.js';
import type { ReadStep } from '../steps/read-step.js';
import { stepMetadata } from '../steps/step-metadata.js';
import { momentOf } from '../steps/moment.js';
import type { ApiTrigger, QueueTrigger, StepConfig, SubscribeTrigger, TriggerConfig } from '../steps/step-config.js';
import { engineTriggerConfig, isQueryList } from '../steps/trigger-config.js';
import { cronInput, logInput, stateInput } from '../steps/trigger-payload.js';
import { isApiTrigger, isQueueTrigger, isSubscribeTrigger } from '../steps/trigger-guards.js';
import type { AppFunction, AppTrigger, WireSettings } from './app-function.js';
import { isPromiseLike } from './promise-like.js';

type Run = AppFunction['run'];
type Handler = (input: unknown, ctx: unknown) => unknown;

/** The functions and triggers that a Step stands for. */
export async function compileStep(step: ReadStep, settings: WireSettings): Promise<{ functions: AppFunction[]; triggers: AppTrigger[] }> {
  const { config, filePath } = step;
  const metadata = stepMetadata(config, filePath);
  const ids = functionIds(config.name, config.triggers);
  const functions: AppFunction[] = [];
  const triggers: AppTrigger[] = [];
  const place = { filePath, stepName: config.name, topics: topicsOf(config) };
  for (const [index, trigger] of config.triggers.entries()) {
    const id = ids[index] as string;
    const info = triggerInfo(trigger, index);
    const requestSchema = await requestSchemaOf(trigger);
    const spec = {
      id,
      ...(config.description === undefined ? {} : { description: config.description }),
      ...(requestSchema === undefined ? {} : { requestSchema }),
      metadata,
    };
    const parseMessage = await messageParserOf(step, trigger, index);
    functions.push({ ...place, spec, trigger: info, run: await runOf(step, trigger, id, settings, parseMessage) });
    const conditionFunctionId = trigger.condition === undefined ? undefined : conditionId(id, index);
    if (conditionFunctionId !== undefined) {
      const run = conditionOf(trigger, conditionFunctionId, parseMessage);
      functions.push({ ...place, spec: { id: conditionFunctionId, description: `Condition of ${id}` }, trigger: info, run });
    }
    const engineConfig = await engineTriggerConfig(trigger, conditionFunctionId, config.infrastructure);
    triggers.push({ filePath, stepName: config.name, spec: { id, type: trigger.type === 'api' ? 'http' : trigger.type, functionId: id, config: engineConfig, metadata: { filePath, step: config.name } } });
  }
  return { functions, triggers };
}

function topicsOf({ enqueues = [] }: StepConfig): ReadonlySet<string> {
  return new Set(enqueues.map((enqueue) => (typeof enqueue === 'string' ? enqueue : enqueue.topic)));
}

function triggerInfo(trigger: TriggerConfig, index: number): TriggerInfo {
  switch (trigger.type) {
    case 'http':
    case 'api':
      return Object.freeze({ type: 'http' as const, index, path: trigger.path, method: trigger.method });
    case 'queue':
    case 'subscribe':
      return Object.freeze({ type: trigger.type, index, topic: trigger.topic });
    case 'cron':
      return Object.freeze({ type: 'cron' as const, index, ...(trigger.expression === undefined ? { at: momentOf(trigger.at) } : { expression: trigger.expression }) });
    case 'http_middleware':
      return Object.freeze({ type: trigger.type, index, ...(trigger.path === undefined ? {} : { path: trigger.path }) });
    case 'state':
    case 'stream':
    case 'log':
      return Object.freeze({ type: trigger.type, index });
  }
}

async function requestSchemaOf(trigger: TriggerConfig): Promise<Readonly<Record<string, unknown>> | undefined> {
  const schema = isApiTrigger(trigger) ? trigger.bodySchema : isMessageTrigger(trigger) ? trigger.input : undefined;
  return schema === undefined ? undefined : jsonForm(schema, 'input');
}

function isMessageTrigger(trigger: TriggerConfig): trigger is QueueTrigger | SubscribeTrigger {
  return isQueueTrigger(trigger) || isSubscribeTrigger(trigger);
}

/** Of a message, nothing but this process knows the schema: JSON Schema is checked here, too. */
async function messageParserOf({ filePath }: ReadStep, trigger: TriggerConfig, index: number): Promise<Parse | undefined> {
  if (!isMessageTrigger(trigger) || trigger.input === undefined) return undefined;
  try {
    return await schemaParser(trigger.input);
  } catch (error) {
    throw sdkErrors.STEP_INVALID({ file: filePath, problem: `\`config.triggers[${index}].input\` cannot be compiled: ${messageOf(error)}` }, error);
  }
}

async function runOf(step: ReadStep, trigger: TriggerConfig, functionId: string, settings: WireSettings, parseMessage: Parse | undefined): Promise<Run> {
  if (!isApiTrigger(trigger)) return plainFunction(step.handler, trigger, functionId, parseMessage);
  const middlewares = [...(step.config.middleware ?? []), ...(trigger.middleware ?? [])] as unknown as Middleware[];
  return httpFunction({
    functionId,
    handler: chain(middlewares, step.handler),
    ...httpParsers(trigger),
    parseResponse: await responseParsers(trigger),
    settings,
  });
}

function conditionOf(trigger: TriggerConfig, functionId: string, parseMessage: Parse | undefined): Run {
  const condition = trigger.condition as unknown as Handler;
  return isApiTrigger(trigger) ? httpCondition({ functionId, handler: condition, ...httpParsers(trigger) }) : plainFunction(condition, trigger, functionId, parseMessage);
}

function httpParsers(trigger: ApiTrigger): { parseBody: Parse | undefined; parseQuery: Parse | undefined } {
  const { bodySchema, queryParams } = trigger;
  return {
    parseBody: bodySchema === undefined ? undefined : parserOf(bodySchema),
    parseQuery: queryParams === undefined || isQueryList(queryParams) ? undefined : parserOf(queryParams),
  };
}

/** Response schemas that have no JSON form, so that the engine cannot check them. */
async function responseParsers(trigger: ApiTrigger): Promise<ReadonlyMap<number, Parse> | undefined> {
  const parsers = new Map<number, Parse>();
  for (const [status, schema] of Object.entries(trigger.responseSchema ?? {})) {
    const parse = (await jsonForm(schema, 'input')) === undefined ? parserOf(schema) : undefined;
    if (parse !== undefined) parsers.set(Number(status), parse);
  }
  return parsers.size === 0 ? undefined : parsers;
}

/** What handlers get in other words than the wire says it. */
const readers: Partial<Record<TriggerConfig['type'], (payload: unknown) => unknown>> = { state: stateInput, cron: cronInput, log: logInput, http_middleware: middlewareInput };

function plainFunction(handler: Handler, trigger: TriggerConfig, functionId: string, parse: Parse | undefined): Run {
  const read = readers[trigger.type] ?? ((payload: unknown) => payload);
  const call = (context: StepContext, input: unknown): unknown => {
    context.setInput(input);
    return handler(input, context);
  };
  const accept = (outcome: ParseOutcome): unknown => {
    if (!outcome.ok) throw sdkErrors.INPUT_INVALID({ functionId, part: 'message', problems: outcome.problems });
    return outcome.value;
  };
  return (context, payload) => {
    const input = read(plainValue(payload));
    if (parse === undefined) return call(context, input);
    const outcome = parse(input);
    return isPromiseLike(outcome) ? outcome.then((settled) => call(context, accept(settled))) : call(context, accept(outcome));
  };
}

function plainValue(payload: unknown): unknown {
  return isWireValue(payload) ? payload.toValue() : payload;
}
