import { instrumentFetch } from './fetch-spans.js';
import { findOpenTelemetryApi, installOpenTelemetry } from './otel-api/install-api.js';
import type { OtelSettings } from './otel-config.js';

/**
 * Makes what handlers do beside the engine part of their traces: requests that they send, and what libraries tell the
 * OpenTelemetry API, where the app has it installed. Once for a process. @returns takes it back
 */
export function instrumentProcess({ resource, instrumentsFetch, instrumentations }: OtelSettings, cwd: string): () => void {
  if (resource === undefined) return () => undefined;
  const undo: (() => void)[] = [];
  if (instrumentsFetch) undo.push(instrumentFetch());
  const api = findOpenTelemetryApi(cwd);
  if (api !== undefined) undo.push(installOpenTelemetry(api, instrumentations));
  return () => {
    for (const one of undo.reverse()) one();
  };
}
