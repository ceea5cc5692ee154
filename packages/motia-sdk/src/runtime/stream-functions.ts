import type { StepContext } from '../context/step-context.js';
import type { StreamAuthContext, StreamConfig, StreamSubscription } from '../context/stream-config.js';
import type { TriggerInfo } from '../steps/flow-context.js';
import type { AppFunction, AppTrigger } from './app-function.js';
import type { LoadedModule } from './loaded-module.js';

interface JoinPayload {
  readonly stream_name: string;
  readonly group_id: string;
  readonly id?: string;
  readonly context?: StreamAuthContext;
}
interface AuthPayload {
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly query_params?: Readonly<Record<string, string[]>>;
  readonly addr?: string;
}
type Hook = (subscription: StreamSubscription, ctx: StepContext, authContext?: StreamAuthContext) => unknown;

const trigger: TriggerInfo = Object.freeze({ type: 'stream', index: 0 });

/** One function for each of join, leave and authentication, as far as the project has them. */
export function streamFunctions(streams: ReadonlyMap<string, StreamConfig>, config: LoadedModule | undefined): { functions: AppFunction[]; triggers: AppTrigger[] } {
  const functions: AppFunction[] = [];
  const triggers: AppTrigger[] = [];
  const place = { filePath: config?.filePath ?? 'streams', stepName: 'streams' };
  for (const [event, hook] of [['join', 'onJoin'], ['leave', 'onLeave']] as const) {
    if (![...streams.values()].some((stream) => stream[hook] !== undefined)) continue;
    const id = `motia::stream::${event}`;
    const run = (context: StepContext, payload: unknown): unknown => {
      const { stream_name, group_id, id: itemId, context: authContext } = payload as JoinPayload;
      const call = streams.get(stream_name)?.[hook] as Hook | undefined;
      return call?.({ groupId: group_id, id: itemId }, context, authContext);
    };
    functions.push({ ...place, spec: { id, description: `${hook} of every stream` }, trigger, run });
    triggers.push({ ...place, spec: { id, type: `stream:${event}`, functionId: id, config: {} } });
  }
  const authenticate = (config?.module as { authenticateStream?: unknown } | undefined)?.authenticateStream;
  if (typeof authenticate === 'function') {
    const run = (context: StepContext, payload: unknown): unknown => {
      const { headers = {}, path = '/', query_params = {}, addr = '' } = payload as AuthPayload;
      return (authenticate as (input: object, ctx: StepContext) => unknown)({ headers, path, queryParams: query_params, addr }, context);
    };
    functions.push({ ...place, spec: { id: 'motia::stream::authenticate', description: 'Authenticates stream clients' }, trigger, run });
  }
  return { functions, triggers };
}
