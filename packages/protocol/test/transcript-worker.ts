import { createChannelClient, createEndpoint, isWireValue, MotiaError, WireValue } from '../src/index.js';
import type { ChannelRef, Endpoint, IncomingInvoke, Transport } from '../src/index.js';
import type { TranscriptSubject } from '../src/testing/index.js';

/** A worker made of an endpoint and the functions of transcripts/README.md. */
export function transcriptWorker(): TranscriptSubject {
  let endpoint: Endpoint;
  let inFlight = 0;
  let idle: () => void = () => {};
  return {
    attach(transport: Transport) {
      endpoint = createEndpoint(transport, { role: 'worker' });
      const functions = workerFunctions(endpoint);
      endpoint.onInvoke(async (call) => {
        inFlight++;
        try {
          return await functions[call.params.functionId]?.(call);
        } finally {
          // The answer is written before the drain's.
          if (--inFlight === 0) setImmediate(() => idle());
        }
      });
      endpoint.onRequest('ping', () => ({ uptimeMs: 1, inFlight }));
      endpoint.onRequest('drain', async () => {
        if (inFlight > 0) await new Promise<void>((resolve) => (idle = resolve));
        return { inFlight };
      });
      endpoint.onNotification('shutdown', () => endpoint.close());
      endpoint.listen();
    },
    async act(action) {
      if (action.do !== 'start') throw new Error(`a worker cannot ${action.do}`);
      void start(endpoint).catch(() => {});
      return Promise.resolve();
    },
    dispose: () => endpoint.close(),
  };
}

async function start(endpoint: Endpoint): Promise<void> {
  const { limits, capabilities } = await endpoint.request('initialize', {
    protocolVersion: '1.0',
    sdk: { name: 'fixture', version: '1.0.0', language: 'javascript' },
    capabilities: { rawBodies: true, channels: true },
  });
  endpoint.setNegotiated({ rawBodies: capabilities.rawBodies === true, rawThresholdBytes: limits.rawThresholdBytes });
  await endpoint.request('functions/register', { functions: Object.keys(workerFunctions(endpoint, true)).map((id) => ({ id })) });
  await endpoint.request('ready', {});
}

type FixtureFunction = (call: IncomingInvoke) => unknown;

function workerFunctions(endpoint: Endpoint, namesOnly = false): Record<string, FixtureFunction> {
  const channels = namesOnly ? undefined : createChannelClient(endpoint);
  const valueOf = (payload: unknown) => (isWireValue(payload) ? payload.toValue() : payload);
  return {
    echo: ({ payload }) => payload,
    nothing: () => undefined,
    fail: ({ payload }) => {
      throw new MotiaError({ code: 'MOTIA_SDK_TEST_FAILED', message: 'as asked', status: 418, details: payload });
    },
    wait: (call) => new Promise((resolve) => call.onCancel(() => resolve('cancelled'))),
    relay: async ({ payload, params }) => ({
      relayed: await endpoint.invoke({ functionId: 'fixture::get', invocationId: 'inv-2', parentInvocationId: params.invocationId }, payload).result,
    }),
    log: ({ payload, params: { invocationId } }) => {
      endpoint.notify('logs/emit', { entries: [{ level: 'info', message: String(payload), timestamp: 1, invocationId }] });
    },
    page: ({ payload }) => {
      const { body } = valueOf(payload) as { body: unknown };
      return WireValue.of({ status: 200 }, { at: '/body', as: 'json', bytes: Buffer.from(JSON.stringify(body)) });
    },
    collect: async ({ payload }) => {
      const frames: unknown[] = [];
      for await (const frame of (await channels?.openReader(payload as ChannelRef)) ?? []) {
        frames.push(typeof frame === 'string' ? frame : { base64: Buffer.from(frame).toString('base64') });
      }
      return frames;
    },
    produce: async ({ payload }) => {
      const { to, texts } = payload as { to: ChannelRef; texts: string[] };
      const writer = await channels?.openWriter(to);
      for (const text of texts) await writer?.write(text);
      writer?.close();
      return 'done';
    },
  };
}
