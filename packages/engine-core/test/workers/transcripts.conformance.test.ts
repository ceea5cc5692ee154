import { describe, expect, it } from '@jest/globals';
import { isMotiaError, MotiaError, WireValue, type Transport } from '@motia/protocol';
import { loadTranscripts, playTranscript, type Transcript, type TranscriptAction } from '@motia/protocol/testing';
import type { OptionsSchema } from '../../src/contract/options.js';
import type { Invocation } from '../../src/contract/functions.js';
import type { WorkerHandle } from '../../src/contract/workers.js';
import { startKernel, turns } from '../functions/start-kernel.js';

const fixtureConfig: OptionsSchema<unknown> = {
  jsonSchema: { type: 'object' },
  parse(input) {
    if (typeof (input as { name?: unknown }).name === 'string') return input;
    throw new MotiaError({ code: 'MOTIA_ENGINE_OPTIONS_INVALID', message: 'name must be a string' });
  },
};

const settled = (result: Promise<unknown>): Promise<unknown> =>
  result.then(
    (value) => (value === undefined ? { noValue: true } : { result: value }),
    (error: unknown) => ({ error: isMotiaError(error) ? error.toWire() : { message: String(error) } }),
  );

async function play(transcript: Transcript, transcripts: ReadonlyMap<string, Transcript>): Promise<void> {
  await using host = startKernel();
  const { functions, triggers, workers } = host.kernel;
  functions.register({ id: 'fixture::get' }, (payload) => ({ value: (payload as { key: unknown }).key }));
  await triggers.registerType({ type: 'fixture', config: fixtureConfig, apply: () => undefined });
  const calls = new Map<string, Invocation>();
  const outcomes = new Map<string, Promise<unknown>>();
  const lines: string[] = [];
  let handle!: WorkerHandle;
  const payloadOf = ({ payload, rawBody }: TranscriptAction): unknown => (rawBody === undefined ? payload : WireValue.of(payload, { at: '/body', as: 'json', bytes: Buffer.from(rawBody) }));
  await playTranscript(transcript, {
    role: 'engine',
    transcripts,
    subject: {
      attach(transport: Transport) {
        handle = workers.attach(transport, { owner: 'transcript', label: 'transcript', heartbeatIntervalMs: 0, onText: (line) => lines.push(line) });
        outcomes.set('ready', handle.registered.then(() => ({ result: true }), (error: MotiaError) => ({ error: error.toWire() })));
      },
      // `deadline` needs nothing: the call's own limit comes by itself, and its outcome is awaited.
      async act(action) {
        const name = action.as ?? '';
        if (action.do === 'invoke') {
          const call = functions.open(action.params?.functionId ?? '', payloadOf(action), { timeoutMs: 60_000, ...action.params });
          calls.set(name, call);
          outcomes.set(name, settled(call.result));
        } else if (action.do === 'cancel') calls.get(action.of ?? '')?.cancel('the transcript says so');
        else if (action.do === 'drain') outcomes.set(name, settled(handle.drain(AbortSignal.timeout(5000)).then(() => ({ inFlight: handle.inFlight }))));
        else if (action.do === 'shutdown') handle.close('left');
        else if (action.do === 'outcome') {
          await turns();
          if (action.of === 'text') return { result: lines };
          if (action.of === 'logs') return { result: host.log.records.filter(({ source }) => source === 'transcript').map(({ fields, ...record }) => ({ ...record, data: fields })) };
          return outcomes.get(action.of ?? '');
        }
        return undefined;
      },
      dispose: () => handle.close('left'),
    },
  });
}

describe('golden transcripts', () => {
  const transcripts = loadTranscripts();
  const plays = [...transcripts.values()].filter(({ subjects }) => subjects.includes('engine')).map((transcript) => ({ name: transcript.name, title: transcript.title, transcript }));

  it('are found', () => {
    expect(plays.length).toBeGreaterThan(10);
  });

  it.each(plays)('$name: $title', async ({ transcript }) => {
    await play(transcript, transcripts);
  });
});
