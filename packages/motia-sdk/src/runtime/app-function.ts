import type { FunctionSpec, TriggerSpec } from '@motia/protocol';
import type { StepContext } from '../context/step-context.js';
import type { TriggerInfo } from '../steps/flow-context.js';

/** A function of this process, ready to be called. */
export interface AppFunction {
  readonly spec: FunctionSpec;
  readonly filePath: string;
  readonly stepName: string;
  readonly trigger: TriggerInfo;
  /** Topics that the Step says it enqueues to; undefined for functions that are no Steps. */
  readonly topics?: ReadonlySet<string>;
  /** Gives the wire form of the result, or a promise of it. */
  readonly run: (context: StepContext, payload: unknown) => unknown;
}

export interface AppTrigger {
  readonly spec: TriggerSpec;
  readonly filePath: string;
  readonly stepName: string;
}

/** What the engine and the app agreed on that handlers' results depend on. Filled in when the connection is up. */
export interface WireSettings {
  /** Bodies from this size travel raw. Infinity until agreed. */
  rawThresholdBytes: number;
  readonly mode: 'development' | 'production';
}
