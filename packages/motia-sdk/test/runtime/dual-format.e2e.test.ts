import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const program = `
import { createRequire } from 'node:module';
import { createEndpoint, createMemoryTransportPair, negotiate } from '@motia/protocol';
import { serve } from 'motia/runtime';
const cjs = createRequire(import.meta.url)('motia');
const [engineSide, workerSide] = createMemoryTransportPair();
const engine = createEndpoint(engineSide, { role: 'engine' });
const limits = { maxFrameBytes: 1e7, maxFunctions: 10, maxTriggers: 10, maxDescriptionBytes: 100, rawThresholdBytes: 4096, channelCreditBytes: 100, maxCallDepth: 64, heartbeatIntervalMs: 5000 };
engine.onRequest('initialize', (params) => ({ ...negotiate(params, { capabilities: { rawBodies: true } }), workerId: 'w', engine: { name: 'e', version: '0' }, limits }));
engine.onRequest('functions/register', ({ functions }) => ({ accepted: functions.map(({ id }) => id), rejected: [] }));
engine.onRequest('triggers/register', ({ triggers }) => ({ accepted: triggers.map(({ id }) => id), parked: [], rejected: [] }));
engine.onRequest('ready', () => ({ accepted: [], parked: [], rejected: [] }));
engine.onNotification('logs/emit', ({ entries }) => {
  const entry = entries.find(({ message }) => message === 'from CommonJS');
  if (entry === undefined) return;
  process.stdout.write(JSON.stringify({ invocationId: entry.invocationId, functionId: entry.functionId }));
  process.exit(0);
});
engine.listen();
const module = { config: { name: 'C', triggers: [{ type: 'queue', topic: 't' }] }, handler: async () => { await null; cjs.logger.info('from CommonJS'); } };
await serve({ mode: 'development', steps: [{ filePath: 'c.step.cjs', module }] }, { transport: workerSide });
engine.invoke({ functionId: 'steps::C::trigger::queue(t)', invocationId: 'one' }, {});
`;

describe('both formats of the package in one process', () => {
  it('share the running call: require("motia").logger in a Step that the ESM runtime serves carries its ids', async () => {
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { cwd, timeout: 20_000 });
    expect(JSON.parse(stdout)).toEqual({ invocationId: 'one', functionId: 'steps::C::trigger::queue(t)' });
  });
});
