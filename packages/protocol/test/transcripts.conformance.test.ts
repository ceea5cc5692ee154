import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { loadTranscripts, parseTranscript, playTranscript } from '../src/testing/index.js';
import type { Transcript } from '../src/testing/index.js';
import { transcriptEngine } from './transcript-engine.js';
import { transcriptWorker } from './transcript-worker.js';

const transcripts = loadTranscripts();
const subjects = { engine: transcriptEngine, worker: transcriptWorker };
const plays = [...transcripts.values()].flatMap((transcript) => transcript.subjects.map((role) => ({ name: transcript.name, role, transcript })));

interface ModelMessage { method: string; direction: 'worker-to-engine' | 'engine-to-worker' | 'both'; kinds: string[] }
const model = JSON.parse(readFileSync(new URL('../motia.protocol.json', import.meta.url), 'utf8')) as { version: string; messages: ModelMessage[] };

describe('golden transcripts', () => {
  it.each(plays)('$name is kept to by the $role', async ({ transcript, role }) => {
    await playTranscript(transcript, { role, subject: subjects[role](), transcripts });
  });

  it('speak only methods of the model, in their directions', () => {
    for (const { name, protocol, steps } of transcripts.values()) {
      expect(protocol).toBe(model.version);
      for (const step of steps) {
        if (!('from' in step) || typeof step.message?.['method'] !== 'string') continue;
        const message = model.messages.find(({ method }) => method === step.message?.['method']);
        expect({ name, line: step.line, known: message !== undefined }).toEqual({ name, line: step.line, known: true });
        const allowed = step.from === 'engine' ? 'engine-to-worker' : 'worker-to-engine';
        expect(['both', allowed]).toContain(message?.direction);
        expect(message?.kinds).toContain(step.message['id'] === undefined ? 'notification' : 'request');
      }
    }
  });
});

describe('the replayer', () => {
  const head = '{"transcript":"t","protocol":"1.0","title":"x","subjects":["engine"]}\n';
  const play = (lines: string): Promise<void> => {
    const transcript: Transcript = parseTranscript(head + lines);
    return playTranscript(transcript, { role: 'engine', subject: transcriptEngine(), transcripts, patienceMs: 100 });
  };

  it('names file, line and member of the first difference', async () => {
    const call = '{"from":"worker","message":{"jsonrpc":"2.0","id":"w1","method":"functions/invoke","params":{"functionId":"fixture::get","invocationId":"i","payload":{"key":1}}}}\n';
    await expect(play(`${call}{"from":"engine","message":{"id":"w1","result":{"value":2}}}`)).rejects.toThrow('t.jsonl line 3: /result/value: expected 2, got 1');
    await expect(play(`${call}{"from":"engine","message":{"id":"w1","result":{"value":1}}}`)).resolves.toBeUndefined();
  });

  it('does not wait for ever', async () => {
    await expect(play('{"from":"engine","message":{}}')).rejects.toThrow('t.jsonl line 2: waited 100 ms for a message of the subject');
    await expect(play('{"from":"engine","end":true}')).rejects.toThrow('t.jsonl line 2: waited 100 ms for the subject to end its stream');
  });

  it('names the line that is no JSON', () => {
    expect(() => parseTranscript(`${head}\n{oops`)).toThrow('line 3 is no JSON');
  });
});
