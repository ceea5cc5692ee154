import { shared } from '../context/invocation-scope.js';
import { IIISdk } from '../instance/iii-sdk.js';
import { ipcModeOf } from '../launcher/ipc-mode.js';
import type { OtelConfig } from '../telemetry/otel-config.js';
import { serveThisProcess } from './serve-this-process.js';

let instance: IIISdk | undefined;

/**
 * The engine, for functions and triggers that the program registers itself and calls that it makes. A program that has
 * no Steps and is run by an engine is connected by asking for it.
 */
export function getInstance(): IIISdk {
  instance ??= new IIISdk(shared.registrations);
  if (shared.servedBy === 'nobody' && isOwnProgram()) {
    shared.servedBy = 'instance';
    // What it registers in this turn goes along; and it may turn out to be an app.
    setImmediate(() => {
      if (shared.servedBy === 'instance') serveThisProcess({ steps: [] });
    });
  }
  return instance;
}

/** Says what this process does about telemetry (`otel` of motia.config wins), and gives the instance. */
export function initIII(otelConfig?: OtelConfig): IIISdk {
  shared.otelConfig = otelConfig;
  return getInstance();
}

/** Run by an engine as it is, not by the launcher of a built app. */
function isOwnProgram(): boolean {
  const mode = ipcModeOf(process.env);
  return mode === 'launch' || mode === 'remote';
}
