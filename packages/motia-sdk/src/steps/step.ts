import type { StepConfig } from './step-config.js';
import type { Handlers } from './handlers.js';

/** What a Step file exports: `export const { config, handler } = step(…)`, or as its default. */
export interface StepDefinition<C extends StepConfig = StepConfig> {
  readonly config: C;
  readonly handler: Handlers<C>;
}
/** `step(config)` waits for its handler. */
export interface StepBuilder<C extends StepConfig> {
  readonly config: C;
  handle(handler: Handlers<C>): StepDefinition<C>;
}

/** Puts a config and its handler together; the handler's input, context and result are inferred from the config. */
export function step<const C extends StepConfig>(config: C, handler: NoInfer<Handlers<C>>): StepDefinition<C>;
export function step<const C extends StepConfig>(config: C): StepBuilder<C>;
export function step<const C extends StepConfig>(config: C, handler?: NoInfer<Handlers<C>>): StepDefinition<C> | StepBuilder<C> {
  if (handler !== undefined) return { config, handler };
  return { config, handle: (given) => ({ config, handler: given }) };
}
