import { createEndpoint, fromWireError, MotiaError, negotiate, WireValue } from '../src/index.js';
import type { Endpoint, Limits, LogEntry, OutgoingInvoke, RegistrationRejection, Transport, TriggerSpec } from '../src/index.js';
import type { TranscriptAction, TranscriptSubject } from '../src/testing/index.js';

const limits: Limits = {
  maxFrameBytes: 16 * 1024 * 1024, maxFunctions: 10_000, maxTriggers: 10_000, maxDescriptionBytes: 65_536, rawThresholdBytes: 1024,
  channelCreditBytes: 65_536, maxCallDepth: 64, heartbeatIntervalMs: 0,
};
const coded = (code: string, message: string) => new MotiaError({ code, message });

/** The least engine that keeps to the transcripts: an endpoint, one function, one trigger type, no pools. */
export function transcriptEngine(): TranscriptSubject {
  const calls = new Map<string, OutgoingInvoke>();
  const outcomes = new Map<string, Promise<unknown>>();
  const logs: LogEntry[] = [];
  const text: string[] = [];
  let endpoint: Endpoint;
  let live: () => void;
  outcomes.set('ready', new Promise<unknown>((resolve) => (live = () => resolve({ result: true }))));

  return {
    attach(transport: Transport) {
      endpoint = createEndpoint(transport, { role: 'engine', events: { onText: (line) => text.push(line) } });
      serve(endpoint, () => live());
      endpoint.onNotification('logs/emit', ({ entries }) => void logs.push(...entries));
      endpoint.onRequest('drain', () => Promise.allSettled([...calls.values()].map(({ result }) => result)).then(() => ({ inFlight: 0 })));
      endpoint.listen();
    },
    act(action) {
      switch (action.do) {
        case 'invoke': {
          const call = endpoint.invoke({ functionId: 'missing', invocationId: 'missing', ...action.params }, payloadOf(action));
          calls.set(action.as ?? '', call);
          outcomes.set(action.as ?? '', settled(call.result));
          return undefined;
        }
        case 'cancel':
          calls.get(action.of ?? '')?.cancel();
          return calls.get(action.of ?? '')?.abandon(coded('MOTIA_ENGINE_CANCELLED', 'the call was cancelled'));
        case 'deadline':
          calls.get(action.of ?? '')?.cancel();
          return calls.get(action.of ?? '')?.abandon(coded('MOTIA_ENGINE_DEADLINE_EXCEEDED', 'the time is up'));
        case 'drain':
          outcomes.set(action.as ?? '', settled(endpoint.request('drain', { deadlineMs: action.deadlineMs ?? 0 })));
          return undefined;
        case 'shutdown':
          return endpoint.notify('shutdown', { reason: action.reason ?? '' });
        case 'outcome':
          if (action.of === 'logs') return { result: logs };
          return action.of === 'text' ? { result: text } : outcomes.get(action.of ?? '');
        case 'start':
          throw new Error('an engine cannot start');
      }
    },
    dispose: () => endpoint.close(),
  };
}

function serve(endpoint: Endpoint, onReady: () => void): void {
  const parked: string[] = [];
  const accepted: string[] = [];
  endpoint.onRequest('initialize', (params) => {
    const agreed = negotiate(params, { capabilities: { rawBodies: true, channels: true } });
    endpoint.setNegotiated({ rawBodies: agreed.capabilities.rawBodies, rawThresholdBytes: limits.rawThresholdBytes });
    return { ...agreed, workerId: 'w-1', engine: { name: 'fixture', version: '1.0.0' }, limits };
  });
  endpoint.onRequest('functions/register', ({ functions }) => ({ accepted: functions.map(({ id }) => id), rejected: [] }));
  endpoint.onRequest('triggers/register', ({ triggers }) => {
    const rejected: RegistrationRejection[] = [];
    for (const trigger of triggers) {
      const problem = problemOf(trigger);
      if (trigger.type !== 'fixture') parked.push(trigger.id);
      else if (problem === undefined) accepted.push(trigger.id);
      else rejected.push({ id: trigger.id, error: problem.toWire() });
    }
    return { accepted, parked, rejected };
  });
  endpoint.onRequest('ready', () => {
    onReady();
    return { accepted, parked, rejected: [] };
  });
  endpoint.onRequest('ping', () => ({ uptimeMs: 1, inFlight: 0 }));
  endpoint.onRequest('channels/open', () => Promise.reject(coded('MOTIA_ENGINE_CHANNEL_NOT_FOUND', 'no such channel')));
  endpoint.onInvoke(({ params, payload }) => {
    if (params.functionId !== 'fixture::get') throw coded('MOTIA_ENGINE_FUNCTION_NOT_FOUND', `no function ${params.functionId}`);
    return { value: (payload as { key: unknown }).key };
  });
}

function problemOf({ config }: TriggerSpec): MotiaError | undefined {
  return typeof config['name'] === 'string' ? undefined : coded('MOTIA_ENGINE_TRIGGER_CONFIG_INVALID', 'name must be a string');
}

function payloadOf({ payload, rawBody }: TranscriptAction): unknown {
  return rawBody === undefined ? payload : WireValue.of(payload, { at: '/body', as: 'json', bytes: Buffer.from(rawBody) });
}

/** `{ result }`, `{ noValue: true }` or `{ error }`, as `outcome` lines compare it. */
function settled(result: Promise<unknown>): Promise<unknown> {
  return result.then(
    (value) => (value === undefined ? { noValue: true } : { result: value }),
    (error: MotiaError) => ({ error: fromWireError(error.toWire()).toWire() }),
  );
}
