import { callModule } from './call-module.js';
import type { InvocationScope } from './invocation-scope.js';

/** One call of a function that a module offers, ready to be made by itself or as part of a transaction. */
export interface ModuleCall<T = unknown> {
  /** As messages and configuration name it: `StateModule`. */
  readonly module: string;
  readonly functionId: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Refuses what must not be sent. Runs before anything is. */
  readonly check?: (() => Promise<void> | void) | undefined;
  /** What the caller gets of the answer. */
  readonly read: (answer: unknown) => T;
}

/** Makes a call on behalf of a handler. @throws MotiaError `MOTIA_SDK_MODULE_NOT_LOADED`, `MOTIA_SDK_NOT_CONNECTED`, and what the module refuses with */
export async function makeCall<T>(scope: InvocationScope | undefined, call: ModuleCall<T>): Promise<T> {
  const checking = call.check?.();
  if (checking !== undefined) await checking;
  return call.read(await callModule(scope, call));
}

/** Members that are not given are not sent. */
export function given(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
