import { MotiaError, type RegistrationRejection, type WireError } from '@motia/protocol';
import { sdkErrors } from '../errors.js';
import type { CompiledApp } from './compile-app.js';
import type { SdkWorker } from './sdk-worker.js';

/** What became of the registrations. */
export interface RegistrationReport {
  readonly functions: readonly string[];
  readonly triggers: readonly string[];
  /** Triggers of a type that no module offers yet; bound when the type appears. */
  readonly parked: readonly { readonly id: string; readonly type: string; readonly filePath: string; readonly stepName: string }[];
  readonly rejected: readonly MotiaError[];
}

/**
 * Registers everything in two batches and says that it is complete; resolves when it is live.
 * @param beforeLive sees what was refused so far; when it throws, nothing goes live
 */
export async function registerApp(worker: SdkWorker, app: CompiledApp, beforeLive: (rejected: readonly MotiaError[]) => void): Promise<RegistrationReport> {
  const rejections: RegistrationRejection[] = [];
  const refused = new Set<string>();
  const functions: string[] = [];
  if (app.functions.length > 0) {
    const answer = await worker.endpoint.request('functions/register', { functions: app.functions.map((fn) => fn.spec) });
    functions.push(...answer.accepted);
    rejections.push(...answer.rejected);
    for (const { id } of answer.rejected) refused.add(id);
  }
  if (app.types !== undefined && app.types.length > 0) rejections.push(...(await worker.endpoint.request('triggerTypes/register', { types: app.types })).rejected);
  // A trigger whose function or condition was refused would only fail later: it is not offered.
  const offered = app.triggers.filter(({ spec }) => !refused.has(spec.functionId) && !refused.has(String(spec.config['condition_function_id'] ?? '')));
  const bound = new Set<string>();
  const parked = new Set<string>();
  const note = (answer: { accepted: readonly string[]; parked: readonly string[]; rejected: readonly RegistrationRejection[] }): void => {
    for (const id of answer.accepted) {
      bound.add(id);
      parked.delete(id);
    }
    for (const id of answer.parked) parked.add(id);
    for (const rejection of answer.rejected) {
      bound.delete(rejection.id);
      parked.delete(rejection.id);
      rejections.push(rejection);
    }
  };
  if (offered.length > 0) note(await worker.endpoint.request('triggers/register', { triggers: offered.map((trigger) => trigger.spec) }));
  beforeLive(rejections.map((rejection) => named(app, rejection)));
  note(await worker.endpoint.request('ready', {}));
  return {
    functions,
    triggers: [...bound].filter((id) => !parked.has(id)),
    parked: app.triggers.filter(({ spec }) => parked.has(spec.id)).map(({ spec, filePath, stepName }) => ({ id: spec.id, type: spec.type, filePath, stepName })),
    rejected: rejections.map((rejection) => named(app, rejection)),
  };
}

function named(app: CompiledApp, { id, error }: RegistrationRejection): MotiaError {
  const place = app.functions.find((fn) => fn.spec.id === id) ?? app.triggers.find((trigger) => trigger.spec.id === id);
  const rejected = sdkErrors.REGISTRATION_REJECTED({ file: place?.filePath ?? 'this app', step: place?.stepName ?? '', id, code: error.code, reason: reasonOf(error) });
  return error.hint === undefined ? rejected : new MotiaError({ ...rejected.toWire(), hint: error.hint });
}

function reasonOf(error: WireError): string {
  const problems = (error.details as { problems?: unknown } | undefined)?.problems;
  const listed = Array.isArray(problems) ? problems.map((p: { pointer?: string; problem?: string }) => `${p.pointer ?? ''} ${p.problem ?? ''}`.trim()).join('; ') : '';
  return listed === '' || error.message.includes(listed) ? error.message : `${error.message} (${listed})`;
}
