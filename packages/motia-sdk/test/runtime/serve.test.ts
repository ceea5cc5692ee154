import { describe, expect, it } from '@jest/globals';
import { isMotiaError, MotiaError } from '@motia/protocol';
import { http, queue, step, type StepConfig } from '../../src/index.js';
import { serve } from '../../src/runtime/index.js';
import { ScriptedEngine, serving } from '../support/scripted-engine.js';

const hello = step({ name: 'Hello', description: 'Greets', flows: ['intro'], triggers: [http('GET', '/hello/:name')] }, async (req, ctx) => ({
  status: 200,
  body: { message: `Hello ${req.pathParams.name}`, traceId: ctx.traceId },
}));

describe('serving Steps', () => {
  it('initializes, registers functions and triggers with the inventoried ids and keys, and answers a call', async () => {
    await using engine = await serving([hello]);
    expect(engine.initialized).toMatchObject({ protocolVersion: '1.0', sdk: { name: 'motia', language: 'typescript' }, capabilities: { rawBodies: true } });
    const id = 'steps::Hello::trigger::http(GET /hello/:name)';
    expect(engine.functions.get(id)).toMatchObject({ id, description: 'Greets', metadata: { name: 'Hello', flows: ['intro'], filePath: 'steps/step-0.step.ts' } });
    expect(engine.triggers.get(id)).toMatchObject({ type: 'http', functionId: id, config: { api_path: '/hello/:name', http_method: 'GET' } });
    expect(await engine.http({ path_params: { name: 'Ada' } })).toEqual({ status: 200, body: { message: 'Hello Ada', traceId: '0af7651916cd43dd8448eb211c80319c' } });
  });

  it('accepts config and handler as two exports, as a default export, and as step(config).handle(fn)', async () => {
    const config = { name: 'Two', triggers: [{ type: 'api', path: 'two', method: 'GET' }] } as const satisfies StepConfig;
    const handler = async (): Promise<unknown> => ({ status: 200, body: 'two' });
    const handled = step({ name: 'Handled', triggers: [http('GET', '/handled')] }).handle(() => ({ status: 200, body: 'handled' }));
    await using engine = await serving([{ config, handler }, { default: hello }, handled]);
    expect([...engine.functions.keys()]).toEqual(['steps::Two::trigger::http(GET two)', 'steps::Hello::trigger::http(GET /hello/:name)', 'steps::Handled::trigger::http(GET /handled)']);
    expect(engine.triggers.get('steps::Two::trigger::http(GET two)')?.config).toEqual({ api_path: '/two', http_method: 'GET' });
    expect(await engine.invoke('steps::Handled::trigger::http(GET /handled)', {})).toEqual({ status: 200, body: 'handled' });
  });

  it('serves the other files when one does not load, and logs file and cause', async () => {
    const engine = new ScriptedEngine();
    await using _ = engine;
    const loadError = new MotiaError({ code: 'MOTIA_SDK_STEP_LOAD_FAILED', message: 'steps/broken.step.ts:3:7 Unexpected token' });
    const served = await engine.serve({
      mode: 'development',
      steps: [{ filePath: 'steps/broken.step.ts', loadError }, { filePath: 'steps/empty.step.ts', module: {} }, { filePath: 'steps/hello.step.ts', module: hello }],
    });
    expect(served.problems.map((problem) => problem.message)).toEqual([
      'steps/broken.step.ts:3:7 Unexpected token',
      'steps/empty.step.ts is not a Step: it exports no `config`',
    ]);
    await engine.log(({ level, message }) => level === 'error' && message.includes('steps/broken.step.ts:3:7'));
    await engine.log(({ level, message }) => level === 'error' && message.includes('steps/empty.step.ts is not a Step'));
    expect(await engine.http({ path_params: { name: 'x' } })).toMatchObject({ status: 200 });
  });

  it('refuses to start in production when a file does not load, naming all of them', async () => {
    await using engine = new ScriptedEngine();
    const started = engine.serve({ mode: 'production', steps: [{ filePath: 'a.step.ts', module: {} }, { filePath: 'b.step.ts', loadError: new Error('b.step.ts:1 boom') }] });
    const error = await started.catch((thrown: unknown) => thrown);
    expect(isMotiaError(error, 'MOTIA_SDK_START_FAILED')).toBe(true);
    expect((error as Error).message).toContain('a.step.ts is not a Step');
    expect((error as Error).message).toContain('b.step.ts:1 boom');
  });

  it('reports rejected functions and triggers with file and Step, and does not offer a trigger whose function was refused', async () => {
    const id = 'steps::Hello::trigger::http(GET /hello/:name)';
    const conflict = new MotiaError({ code: 'MOTIA_ENGINE_FUNCTION_CONFLICT', message: 'taken by exec:0' });
    await using engine = await serving([hello], { rejectFunctions: { [id]: conflict } });
    expect(engine.triggers.size).toBe(0);
    const entry = await engine.log(({ level }) => level === 'error');
    expect(entry.message).toBe(`steps/step-0.step.ts: Step "Hello" was not registered (${id}): MOTIA_ENGINE_FUNCTION_CONFLICT: taken by exec:0`);
  });

  it('takes rejections that only the answer to ready tells for what they are', async () => {
    const id = 'steps::Hello::trigger::http(GET /hello/:name)';
    const error = new MotiaError({ code: 'MOTIA_REST_ROUTE_CONFLICT', message: 'GET /hello/:n is served by another function' }).toWire();
    await using engine = await serving([hello], { rejectAtReady: [{ id, error }] });
    expect(engine.served?.report.triggers).toEqual([]);
    expect(engine.served?.report.rejected[0]?.message).toContain('MOTIA_REST_ROUTE_CONFLICT');
  });

  it('in production goes live with nothing that was refused, unless an older process has already left for it', async () => {
    const id = 'steps::Hello::trigger::http(GET /hello/:name)';
    const app = { mode: 'production', steps: [{ filePath: 'hello.step.ts', module: hello }] } as const;
    const wire = new MotiaError({ code: 'MOTIA_REST_ROUTE_CONFLICT', message: 'taken', hint: 'Give one of them another path.' });
    const refusing = new ScriptedEngine({ rejectTriggers: { [id]: wire } });
    let wentLive = false;
    refusing.endpoint.onRequest('ready', () => {
      wentLive = true;
      return { accepted: [], parked: [], rejected: [] };
    });
    await using _ = refusing;
    await expect(refusing.serve(app)).rejects.toMatchObject({
      code: 'MOTIA_SDK_START_FAILED',
      message: `The Steps could not be started:\n  hello.step.ts: Step "Hello" was not registered (${id}): MOTIA_REST_ROUTE_CONFLICT: taken\n    Give one of them another path.`,
    });
    expect(wentLive).toBe(false);
    await using late = new ScriptedEngine({ rejectAtReady: [{ id, error: wire.toWire() }] });
    await expect(late.serve(app)).rejects.toMatchObject({ code: 'MOTIA_SDK_START_FAILED' });
    await using replaced = new ScriptedEngine({ rejectAtReady: [{ id, error: wire.toWire() }] });
    const served = await serve(app, { transport: replaced.transport, isProcessConnection: false, isReplacement: true });
    await replaced.log(({ level, message }) => level === 'error' && message.includes('MOTIA_REST_ROUTE_CONFLICT'));
    await served.close();
  });

  it('E6 in development starts nothing half-broken while an older process is serving', async () => {
    await using engine = new ScriptedEngine();
    const app = { mode: 'development', steps: [{ filePath: 'hello.step.ts', module: hello }, { filePath: 'bad.step.ts', module: {} }] } as const;
    await expect(serve(app, { transport: engine.transport, isReplacement: true })).rejects.toMatchObject({ code: 'MOTIA_SDK_START_FAILED', message: expect.stringContaining('bad.step.ts') as unknown as string });
    expect(engine.functions.size).toBe(0);
  });

  it('says which Steps wait for a module that is not there', async () => {
    const orders = step({ name: 'Orders', triggers: [queue('order.created')] }, () => undefined);
    await using engine = await serving([orders]);
    const entry = await engine.log(({ level }) => level === 'warn');
    expect(entry.message).toBe('No module offers "queue" triggers yet; waiting: Orders (steps/step-0.step.ts)');
    expect(engine.served?.report.parked).toMatchObject([{ type: 'queue', stepName: 'Orders' }]);
  });

  it('refuses a second file with the name of a first one, whatever its triggers, naming both', async () => {
    const other = step({ name: 'Hello', triggers: [http('POST', '/other')] }, () => undefined);
    await using engine = await serving([hello, other]);
    expect([...engine.functions.keys()]).toEqual(['steps::Hello::trigger::http(GET /hello/:name)']);
    expect(engine.served?.problems).toMatchObject([{ code: 'MOTIA_SDK_STEP_NAME_TAKEN', message: 'steps/step-1.step.ts: the name Hello is taken by steps/step-0.step.ts' }]);
  });
});
