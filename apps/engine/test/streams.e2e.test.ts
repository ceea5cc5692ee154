import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { example } from './harness/example.js';
import { descendantsOf, residentMiB, until } from './harness/process-list.js';
import { startIii, type RunningEngine } from './harness/running-engine.js';


describe('examples/file-upload-download', () => {
  let engine: RunningEngine;
  const uploads = mkdtempSync(join(tmpdir(), 'uploads-'));
  beforeAll(async () => {
    engine = await startIii({ cwd: example('file-upload-download'), env: { UPLOADS: uploads } });
  }, 60_000);
  afterAll(async () => {
    await engine.stop();
    rmSync(uploads, { recursive: true, force: true });
  });

  it('stores the files of a form and gives them back', async () => {
    const form = new FormData();
    const bytes = randomBytes(3_000_000);
    form.append('album', 'holidays');
    form.append('photo', new Blob([bytes], { type: 'image/png' }), 'beach.png');
    form.append('note', new Blob(['hi']), '../../note.txt');
    const created = await fetch(`${engine.url}/files`, { method: 'POST', body: form });
    expect(created.status).toBe(201);
    const { album, files } = (await created.json()) as { album: string; files: { id: string; name: string; bytes: number }[] };
    expect([album, files.map(({ name, bytes: size }) => [name, size])]).toEqual(['holidays', [['beach.png', 3_000_000], ['note.txt', 2]]]);
    const back = await fetch(`${engine.url}/files/${files[0]?.id ?? ''}`);
    expect(back.headers.get('content-length')).toBe('3000000');
    expect(Buffer.from(await back.arrayBuffer()).equals(bytes)).toBe(true);
    expect((await fetch(`${engine.url}/files/..%2F..%2Fetc%2Fpasswd`)).status).toBe(404);
  });

  it('refuses a form without its field', async () => {
    const form = new FormData();
    form.append('photo', new Blob(['x']), 'x.png');
    const refused = await fetch(`${engine.url}/files`, { method: 'POST', body: form });
    expect([refused.status, ((await refused.json()) as { error: { code: string } }).error.code]).toEqual([400, 'MOTIA_REST_VALIDATION_FAILED']);
  });

  it('sends a report while it is made', async () => {
    const text = await (await fetch(`${engine.url}/report.csv?rows=20000`)).text();
    expect(text.split('\n')).toHaveLength(20_002);
    expect(text.endsWith('20000,400000000\n')).toBe(true);
  });

  it('takes a body of 1 GiB with flat memory in every process', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'x');
    const pieces = 1024;
    const expected = createHash('sha256');
    for (let index = 0; index < pieces; index += 1) expected.update(piece);
    const pids = [engine.pid, ...descendantsOf(engine.pid).map(({ pid }) => pid)];
    let largestMiB = 0;
    const before = Math.max(...pids.map((pid) => residentMiB(pid)));
    const answer = await new Promise<string>((resolve, reject) => {
      const sent = request(`${engine.url}/checksum`, { method: 'POST', headers: { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' } }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => resolve(text));
      });
      sent.on('error', reject);
      let written = 0;
      const push = (): void => {
        while (written < pieces) {
          written += 1;
          if (written % 64 === 0) largestMiB = Math.max(largestMiB, ...pids.map((pid) => residentMiB(pid)));
          if (!sent.write(piece)) return void sent.once('drain', push);
        }
        sent.end();
      };
      push();
    });
    expect(JSON.parse(answer)).toEqual({ bytes: pieces * piece.length, sha256: expected.digest('hex') });
    expect(largestMiB).toBeLessThan(before + 150);
  }, 120_000);
});

describe('examples/sse', () => {
  let engine: RunningEngine;
  beforeAll(async () => {
    engine = await startIii({ cwd: example('sse') });
  }, 60_000);
  afterAll(() => engine.stop());

  const listen = (path: string, headers: Record<string, string> = {}): { text(): string; ended: Promise<void>; leave(): void } => {
    const controller = new AbortController();
    let text = '';
    const ended = (async () => {
      const response = await fetch(`${engine.url}${path}`, { headers, signal: controller.signal });
      const decoder = new TextDecoder();
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) text += decoder.decode(chunk, { stream: true });
    })().catch((error: Error) => {
      if (error.name !== 'AbortError') throw error;
    });
    return { text: () => text, ended, leave: () => controller.abort() };
  };
  const say = (text: string): Promise<Response> => fetch(`${engine.url}/messages`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ text }) });

  it('counts down, and goes on where a client left off', async () => {
    const first = listen('/countdown/3?ms=10');
    await first.ended;
    expect(first.text()).toBe(':\n\nevent: tick\nid: 3\ndata: {"left":3}\n\nevent: tick\nid: 2\ndata: {"left":2}\n\nevent: tick\nid: 1\ndata: {"left":1}\n\nevent: liftoff\nid: 0\ndata: {}\n\n');
    const again = listen('/countdown/3?ms=10', { 'last-event-id': '2' });
    await again.ended;
    expect(again.text()).toMatch(/^:\n\nevent: tick\nid: 1\n/);
  });

  it('brings messages to everybody, and to those who come back what they missed', async () => {
    const one = listen('/messages');
    const two = listen('/messages');
    await until('both to listen', () => one.text() !== '' && two.text() !== '');
    await say('hello');
    await until('both to hear it', () => [one, two].every((listener) => listener.text().includes('data: hello')));
    one.leave();
    await one.ended;
    await say('are you there?');
    const back = listen('/messages', { 'last-event-id': '1' });
    await until('what was missed', () => back.text().includes('data: are you there?'));
    expect(back.text()).not.toContain('hello');
    two.leave();
    back.leave();
    await Promise.all([two.ended, back.ended]);
  });

  it('does not keep the engine from stopping', async () => {
    const listener = listen('/messages');
    await until('it to listen', () => listener.text() !== '');
    const startedAtMs = performance.now();
    expect(await engine.stop()).toBe(0);
    await listener.ended;
    expect(performance.now() - startedAtMs).toBeLessThan(10_000);
  });
});
