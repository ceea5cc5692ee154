import type { InvokeOptions, Trigger } from '@motia/engine-core/contract';
import { payloadFrame, type PayloadFrame } from './http-payload.js';
import type { RoutePattern } from './route-pattern.js';
import type { Routable } from './route-table.js';
import type { QueryCheck, ResponseChecks, SchemaCheck } from './schema-check.js';
import type { HttpTriggerConfig, RouteMethod, RouteSettings } from './trigger-config.js';

/** A bound `http` trigger with all that a request needs of it, made once. */
export interface Route extends Routable {
  readonly method: RouteMethod;
  readonly pattern: RoutePattern;
  readonly trigger: Trigger<HttpTriggerConfig>;
  readonly functionId: string;
  readonly timeoutMs: number;
  readonly frame: PayloadFrame;
  /** Shared by all calls that bring no trace of their own. */
  readonly invokeOptions: InvokeOptions;
  readonly checkBody: SchemaCheck | undefined;
  readonly checkQuery: QueryCheck | undefined;
  readonly checkResponse: ResponseChecks | undefined;
}

/** Joins a trigger with the settings read from its config. */
export function makeRoute(trigger: Trigger<HttpTriggerConfig>, settings: RouteSettings, defaultTimeoutMs: number): Route {
  const { method, pattern } = settings;
  const timeoutMs = settings.timeoutMs ?? defaultTimeoutMs;
  return {
    method,
    pattern,
    trigger,
    functionId: trigger.functionId,
    timeoutMs,
    frame: payloadFrame(pattern.path, method),
    invokeOptions: { timeoutMs, wireResult: true, trigger: { id: trigger.id, type: trigger.type } },
    checkBody: settings.checkBody,
    checkQuery: settings.checkQuery,
    checkResponse: settings.checkResponse,
  };
}
