import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { configYaml, stepFile, writeApp } from './harness/app.js';
import { descendantsOf } from './harness/process-list.js';
import { startIii, type RunningEngine } from './harness/running-engine.js';

const noisy = stepFile(
  'Noisy',
  '/noisy/:tag',
  `const { tag } = req.pathParams;
   console.log('console ' + tag);
   console.error('stderr ' + tag);
   fs.writeSync(1, 'native ' + tag + '\\n');
   execFileSync('echo', ['child ' + tag], { stdio: 'inherit' });
   console.log('Content-Length: 20\\r\\n\\r\\n{"jsonrpc":"2.0","id":"e1","result":' + tag + '}');
   process.stdout.write('unterminated ' + tag);
   return { status: 200, body: { tag, traceId: ctx.traceId } };`,
  "import fs from 'node:fs'; import { execFileSync } from 'node:child_process';",
);

describe.each([
  ['motia dev', ['motia dev']],
  ['npx', ['npx motia dev']],
  ['npm run', ['npm run dev']],
  ['a bundle started directly', ['motia dev', 'node dist/index-dev.js']],
  ['motia start', ['motia build', 'motia start']],
  ['sh -c in a shell that prints a banner', ['echo Welcome; exec motia dev']],
])('E5 user output through %s', (_title, exec) => {
  const folder = temporaryFolder('iii-output');
  let engine: RunningEngine;
  beforeAll(async () => {
    writeApp(folder.path, { 'config.yaml': configYaml(exec), 'steps/noisy.step.mjs': noisy });
    engine = await startIii({ cwd: folder.path });
  }, 60_000);
  afterAll(async () => {
    await engine.stop();
    await folder.remove();
  });

  it('never corrupts a call, and becomes log lines with the trace of the call', async () => {
    for (let tag = 0; tag < 5; tag += 1) {
      const response = await fetch(`${engine.url}/noisy/${tag}`);
      expect(response.status).toBe(200);
      const { traceId } = (await response.json()) as { traceId: string };
      expect(traceId).toMatch(/^[0-9a-f]{32}$/);
      for (const kind of ['console', 'stderr', 'unterminated', 'native', 'child']) {
        const line = await engine.waitForLog(`the line "${kind} ${tag}"`, ({ message }) => message === `${kind} ${tag}`);
        expect({ kind, traceId: line.traceId }).toEqual({ kind, traceId });
      }
    }
  }, 30_000);

  it('needs no process beside the one that runs the code, where the engine can place the protocol', async () => {
    const isDirect = /^(?:motia (?:start|dev)|node [\w/.]+)$/.test(exec.at(-1) ?? '');
    const nodes = descendantsOf(engine.pid).filter(({ command }) => /^(?:\S*\/)?node\b/.test(command));
    expect(nodes.length).toBeGreaterThanOrEqual(1);
    if (isDirect) expect(nodes).toHaveLength(1);
  });

  it('keeps concurrent calls whole', async () => {
    const tags = Array.from({ length: 40 }, (_, index) => `c${index}`);
    const bodies = await Promise.all(tags.map(async (tag) => (await fetch(`${engine.url}/noisy/${tag}`)).json() as Promise<{ tag: string; traceId: string }>));
    expect(bodies.map(({ tag }) => tag)).toEqual(tags);
    for (const { tag, traceId } of bodies) {
      const line = await engine.waitForLog(`the line "console ${tag}"`, ({ message }) => message === `console ${tag}`);
      expect(line.traceId).toBe(traceId);
    }
  }, 30_000);
});
