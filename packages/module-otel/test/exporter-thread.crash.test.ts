import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { startOtlpReceiver, type OtlpReceiver } from '../src/testing/index.js';
import { requestsOf, spansIn } from './fixtures/otlp-harness.js';

const program = fileURLToPath(new URL('./fixtures/programs/exporting-engine.mjs', import.meta.url));

async function startProgram(endpoint: string) {
  const child = spawn(process.execPath, [program, endpoint], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  expect(await next()).toBe('ready');
  return {
    exited,
    /** Nothing more will be told. */
    end: () => child.stdin.end(),
    /** @returns threads that were started so far */
    async tell(command: string): Promise<number> {
      child.stdin.write(`${command}\n`);
      return Number((await next()).replace('threads ', ''));
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

const spansOf = (receiver: OtlpReceiver) =>
  requestsOf(receiver, false).flatMap(spansIn).map((span) => [span['name'], (span['attributes'] as { key: string; value: { stringValue?: string } }[]).find(({ key }) => key === 'text')?.value.stringValue]);

/** Resolves once a span of this name has arrived, with its text. */
async function arrival(receiver: OtlpReceiver, name: string): Promise<void> {
  for (let count = 1; !spansOf(receiver).some(([arrived]) => arrived === name); count += 1) await receiver.until('/v1/traces', count);
  expect(spansOf(receiver)).toContainEqual([name, `text of ${name}`]);
}

describe('a thread that sends and dies', () => {
  it('loses nothing: another one is started, told all texts, and sends what was under way (O1)', async () => {
    await using receiver = await startOtlpReceiver();
    await using engine = await startProgram(receiver.url);
    await engine.tell('span:before');
    await arrival(receiver, 'before');
    receiver.answer = () => 'hang';
    await engine.tell('span:under way');
    await receiver.until('/v1/traces', receiver.received.length + 1);
    receiver.answer = () => ({ status: 200 });
    expect(await engine.tell('kill')).toBe(1);
    const killedAt = receiver.received.length;
    await receiver.until('/v1/traces', killedAt + 1);
    await arrival({ ...receiver, received: receiver.received.slice(killedAt) }, 'under way');
    expect(await engine.tell('span:after')).toBe(2);
    await arrival(receiver, 'after');
    expect(await engine.tell('stop')).toBe(2);
  });

  it('is not kept by an engine that has stopped: the program ends by itself', async () => {
    await using receiver = await startOtlpReceiver();
    await using engine = await startProgram(receiver.url);
    await engine.tell('span:last');
    await engine.tell('stop');
    await arrival(receiver, 'last');
    engine.end();
    expect(await engine.exited).toEqual([0, null]);
  });
});
