import { sdkErrors } from '../errors.js';
import type { ContextOf, Handlers, InferHandlerResult, InputsOf } from './handlers.js';
import type { StepConfig } from './step-config.js';
import type { StepDefinition } from './step.js';

type Answer<C extends StepConfig> = InferHandlerResult<C> | Promise<InferHandlerResult<C>>;

/** One handler per trigger type. That of cron gets the context first, for it seldom needs the input. */
export interface TriggerHandlers<C extends StepConfig> {
  http?: (request: InputsOf<C>['http'], ctx: ContextOf<C>) => Answer<C>;
  queue?: (input: InputsOf<C>['queue'], ctx: ContextOf<C>) => Answer<C>;
  cron?: (ctx: ContextOf<C>, input: InputsOf<C>['cron']) => Answer<C>;
  state?: (input: InputsOf<C>['state'], ctx: ContextOf<C>) => Answer<C>;
  stream?: (input: InputsOf<C>['stream'], ctx: ContextOf<C>) => Answer<C>;
  subscribe?: (input: InputsOf<C>['subscribe'], ctx: ContextOf<C>) => Answer<C>;
  log?: (input: InputsOf<C>['log'], ctx: ContextOf<C>) => Answer<C>;
  httpMiddleware?: (input: InputsOf<C>['http_middleware'], ctx: ContextOf<C>) => Answer<C>;
}

type Given<C extends StepConfig, K extends keyof TriggerHandlers<C>> = NonNullable<TriggerHandlers<C>[K]>;

export interface MultiTriggerStepBuilder<C extends StepConfig> {
  readonly config: C;
  onHttp(handler: Given<C, 'http'>): MultiTriggerStepBuilder<C>;
  onQueue(handler: Given<C, 'queue'>): MultiTriggerStepBuilder<C>;
  onCron(handler: Given<C, 'cron'>): MultiTriggerStepBuilder<C>;
  onState(handler: Given<C, 'state'>): MultiTriggerStepBuilder<C>;
  onStream(handler: Given<C, 'stream'>): MultiTriggerStepBuilder<C>;
  onSubscribe(handler: Given<C, 'subscribe'>): MultiTriggerStepBuilder<C>;
  onLog(handler: Given<C, 'log'>): MultiTriggerStepBuilder<C>;
  onHttpMiddleware(handler: Given<C, 'httpMiddleware'>): MultiTriggerStepBuilder<C>;
  /** Ends the chain. Handlers given here replace those of the chain. */
  handlers(handlers?: TriggerHandlers<C>): StepDefinition<C>;
}

/** A Step with one handler per trigger type: `multiTriggerStep(config).onHttp(…).onQueue(…).handlers()`. */
export function multiTriggerStep<const C extends StepConfig>(config: C): MultiTriggerStepBuilder<C> {
  return builder(config, {});
}

function builder<C extends StepConfig>(config: C, collected: TriggerHandlers<C>): MultiTriggerStepBuilder<C> {
  return {
    config,
    onHttp: (http) => builder(config, { ...collected, http }),
    onQueue: (queue) => builder(config, { ...collected, queue }),
    onCron: (cron) => builder(config, { ...collected, cron }),
    onState: (state) => builder(config, { ...collected, state }),
    onStream: (stream) => builder(config, { ...collected, stream }),
    onSubscribe: (subscribe) => builder(config, { ...collected, subscribe }),
    onLog: (log) => builder(config, { ...collected, log }),
    onHttpMiddleware: (httpMiddleware) => builder(config, { ...collected, httpMiddleware }),
    handlers: (given) => ({ config, handler: dispatching({ ...collected, ...given }) }),
  };
}

function dispatching<C extends StepConfig>(handlers: TriggerHandlers<C>): Handlers<C> {
  return (input, ctx) => {
    const { type } = ctx.trigger;
    const handler = (type === 'http_middleware' ? handlers.httpMiddleware : handlers[type]) as ((first: unknown, second: unknown) => Answer<C>) | undefined;
    if (handler === undefined) throw sdkErrors.TRIGGER_UNMATCHED({ functionId: 'This Step', type, offered: Object.keys(handlers) });
    return type === 'cron' ? handler(ctx, input) : handler(input, ctx);
  };
}
