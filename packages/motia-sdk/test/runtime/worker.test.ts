import { describe, expect, it } from '@jest/globals';
import { MotiaError } from '@motia/protocol';
import { logger, type FlowContext, type StepConfig } from '../../src/index.js';
import { currentScope } from '../../src/runtime/index.js';
import { run } from '../../src/runtime/run.js';
import { ScriptedEngine, serving } from '../support/scripted-engine.js';

type Ctx = FlowContext<never, unknown>;
const route = (handler: (input: never, ctx: Ctx) => unknown): { config: StepConfig; handler: unknown } => ({ config: { name: 'R', triggers: [{ type: 'http', method: 'GET', path: '/r' }] }, handler });
const id = 'steps::R::trigger::http(GET /r)';

describe('errors of handlers', () => {
  it('travel with message, stack, causes and the function they come from', async () => {
    await using engine = await serving([
      route(function namedHandler() {
        throw new TypeError('no such order', { cause: new Error('disk gone') });
      }),
    ]);
    const error = (await engine.http().catch((thrown: unknown) => thrown)) as MotiaError;
    expect(error).toMatchObject({ code: 'MOTIA_SDK_HANDLER_FAILED', message: 'no such order', status: 500, details: { functionId: id, name: 'TypeError' } });
    expect(error.stack).toContain('namedHandler');
    expect(error.stack).toContain('worker.test.ts');
    expect(error.stack).toContain('[cause]: Error: disk gone');
  });

  it('keep code and status when they are coded, and status when the error says expose', async () => {
    await using coded = await serving([route(() => Promise.reject(new MotiaError({ code: 'MOTIA_SDK_MINE', message: 'mine', status: 409, details: { a: 1 } })))]);
    await expect(coded.http()).rejects.toMatchObject({ code: 'MOTIA_SDK_MINE', status: 409, details: { a: 1 } });
    await using exposed = await serving([route(() => Promise.reject(Object.assign(new Error('gone'), { status: 410, expose: true })))]);
    await expect(exposed.http()).rejects.toMatchObject({ code: 'MOTIA_SDK_HANDLER_FAILED', status: 410, hint: undefined });
    await using own = await serving([route(() => Promise.reject(Object.assign(new Error('sold out'), { code: 'OUT_OF_STOCK', status: 409, expose: true })))]);
    await expect(own.http()).rejects.toMatchObject({ code: 'OUT_OF_STOCK', status: 409, message: 'sold out', hint: undefined });
    await using ours = await serving([route(() => Promise.reject(Object.assign(new Error('x'), { code: 'MOTIA_REST_DRAINING', status: 409, expose: true })))]);
    await expect(ours.http()).rejects.toMatchObject({ code: 'MOTIA_SDK_HANDLER_FAILED', status: 409, details: { code: 'MOTIA_REST_DRAINING' } });
    // What an HTTP client throws must not become our answer.
    await using foreign = await serving([route(() => Promise.reject(Object.assign(new Error('upstream'), { status: 404, code: 'ERR_BAD_REQUEST' })))]);
    await expect(foreign.http()).rejects.toMatchObject({ code: 'MOTIA_SDK_HANDLER_FAILED', status: 500, details: { code: 'ERR_BAD_REQUEST' } });
  });

  it('blame the caller of a handler for what it sent itself, never for a wrong call that the handler made', async () => {
    const invalid = new MotiaError({ code: 'MOTIA_SDK_INPUT_INVALID', message: 'bad', status: 400, details: { functionId: 'inner' } });
    const functions = {
      inner: () => {
        throw invalid;
      },
    };
    for (const options of [{}, { signal: new AbortController().signal }]) {
      await using rethrowing = await serving([route((_req, ctx) => ctx.invoke('inner', {}, options))], { functions });
      await expect(rethrowing.http()).rejects.toMatchObject({ code: 'MOTIA_SDK_INPUT_INVALID', status: 500, message: 'bad', details: { functionId: 'inner' } });
    }
    const answering = route(async (_req, ctx) => ctx.invoke('inner').catch((error: MotiaError) => ({ status: error.status })));
    await using caught = await serving([answering], { functions });
    expect(await caught.http()).toEqual({ status: 400 });
  });

  it('are errors too when something else was thrown', async () => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- users do
    await using engine = await serving([route((req: { queryParams: { what?: string } } & never) => Promise.reject((req as { queryParams: { what?: string } }).queryParams.what === 'text' ? 'just text' : { odd: 1 }))]);
    await expect(engine.http({ query_params: { what: 'text' } })).rejects.toMatchObject({ message: 'just text' });
    await expect(engine.http()).rejects.toMatchObject({ message: 'something that is not an Error was thrown: {"odd":1}' });
  });

  it('are answered for a function that this process does not have', async () => {
    await using engine = await serving([route(() => undefined)]);
    await expect(engine.invoke('steps::Nope')).rejects.toMatchObject({ code: 'MOTIA_SDK_FUNCTION_UNKNOWN', status: 404 });
  });
});

describe('logs', () => {
  it('carry the ids of the call, from ctx.logger and from the standalone logger alike, also after an await', async () => {
    await using engine = await serving([
      route(async (_req, ctx) => {
        ctx.logger.warn('first', { n: 1 });
        await Promise.resolve();
        logger.error('second', new Error('bad'));
        return undefined;
      }),
    ]);
    await engine.invoke(id, {}, { invocationId: 'inv' });
    const ids = { invocationId: 'inv', functionId: id, traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', source: 'logger' };
    expect(await engine.log(({ message }) => message === 'first')).toMatchObject({ level: 'warn', data: { n: 1 }, ...ids });
    expect(await engine.log(({ message }) => message === 'second')).toMatchObject({ level: 'error', data: { name: 'Error', message: 'bad', stack: expect.stringContaining('worker.test.ts') as unknown as string }, ...ids });
  });

  it('take data as it was, whatever it is, without ever throwing', async () => {
    await using engine = await serving([
      route((_req, ctx) => {
        const data: Record<string, unknown> = { n: 1, big: 10n, fn: () => 1, when: new Date(0), map: new Map([['k', 1]]), bytes: new Uint8Array(3), inf: Infinity };
        data['self'] = data;
        Object.defineProperty(data, 'bad', { enumerable: true, get: () => { throw new Error('trap'); } });
        ctx.logger.info('odd', data);
        const later = { n: 1 };
        ctx.logger.info('later', later);
        later.n = 2;
        ctx.logger.info({ not: 'text' } as unknown as string);
        return undefined;
      }),
    ]);
    await engine.http();
    expect(await engine.log(({ message }) => message === 'odd')).toMatchObject({ data: expect.stringContaining('trap') as unknown as string });
    expect(await engine.log(({ message }) => message === 'later')).toMatchObject({ data: { n: 1 } });
    expect(await engine.log(({ message }) => message === '{"not":"text"}')).toBeDefined();
  });

  it('of one turn travel together, and a flood is cut and counted', async () => {
    await using engine = await serving([
      route((_req, ctx) => {
        for (let i = 0; i < 10_500; i += 1) ctx.logger.info(`line ${i}`);
        return undefined;
      }),
    ]);
    const batches: number[] = [];
    engine.endpoint.onNotification('logs/emit', ({ entries, dropped }) => {
      batches.push(entries.length);
      engine.dropped += dropped ?? 0;
    });
    await engine.http();
    await engine.endpoint.request('ping', {});
    expect(Math.max(...batches)).toBe(10_000);
    expect(engine.dropped).toBe(500);
  });
});

describe('the life of a worker', () => {
  const slow = (): { module: unknown; started: Promise<void>; finish: () => void } => {
    let finish!: () => void;
    let begin!: () => void;
    const started = new Promise<void>((resolve) => (begin = resolve));
    const gate = new Promise<void>((resolve) => (finish = resolve));
    const module = route(async () => {
      begin();
      await gate;
      return { status: 200, body: currentScope()?.invocationId };
    });
    return { module, started, finish };
  };

  it('answers ping with uptime, memory and what is in flight', async () => {
    const { module, started, finish } = slow();
    await using engine = await serving([module]);
    const call = engine.invoke(id, {}, { invocationId: 'held' });
    await started;
    expect(await engine.endpoint.request('ping', {})).toMatchObject({ inFlight: 1, memory: { rss: expect.any(Number) as unknown as number } });
    finish();
    expect(await call).toEqual({ status: 200, body: 'held' });
    expect(await engine.endpoint.request('ping', {})).toMatchObject({ inFlight: 0, eventLoopLagMs: expect.any(Number) as unknown as number, memory: { rss: expect.any(Number), heapUsed: expect.any(Number), heapTotal: expect.any(Number), external: expect.any(Number) }, cpu: { userMicros: expect.any(Number), systemMicros: expect.any(Number) } });
  });

  it('finishes what is in flight before it answers drain, and takes nothing new', async () => {
    const { module, started, finish } = slow();
    await using engine = await serving([module]);
    const call = engine.invoke(id, {});
    await started;
    const drained = engine.endpoint.request('drain', { deadlineMs: 60_000 });
    // Requests are taken in order: once this one is answered, the drain has begun.
    await engine.endpoint.request('ping', {});
    await expect(engine.invoke(id, {})).rejects.toMatchObject({ code: 'MOTIA_SDK_WORKER_DRAINING', retryable: true });
    finish();
    expect(await call).toMatchObject({ status: 200 });
    expect(await drained).toEqual({ inFlight: 0 });
  });

  it('answers drain at its deadline with what is still running', async () => {
    const { module, started, finish } = slow();
    await using engine = await serving([module]);
    const call = engine.invoke(id, {});
    await started;
    expect(await engine.endpoint.request('drain', { deadlineMs: 10 })).toEqual({ inFlight: 1 });
    finish();
    await call;
  });

  it('ends with exit code 0 on shutdown, sending the last logs first', async () => {
    await using engine = new ScriptedEngine();
    const exits: number[] = [];
    const ran = run({
      mode: 'development',
      transport: engine.transport,
      exit: (code) => exits.push(code),
      steps: [{ filePath: 'a.step.ts', module: route((_req, ctx) => { ctx.logger.info('last words'); }) }],
      onReady: () => {
        void engine.invoke(id, {}).then(() => engine.endpoint.notify('shutdown', { reason: 'the engine stops' }));
      },
    });
    expect(await ran).toEqual({ exitCode: 0, reason: 'the engine stops' });
    expect(exits).toEqual([0]);
    expect(engine.logs.map(({ message }) => message)).toContain('last words');
  });

  it('ends with exit code 0 when the pipe of the engine closes', async () => {
    const engine = new ScriptedEngine();
    const ran = run({ mode: 'development', transport: engine.transport, exit: () => undefined, steps: [], onReady: () => engine.endpoint.close() });
    expect(await ran).toMatchObject({ exitCode: 0, reason: 'the engine closed the connection' });
  });

  it('ends with exit code 70 when it could not be started, and leaves no listener behind', async () => {
    const before = process.listenerCount('SIGINT');
    await using engine = new ScriptedEngine();
    const written: string[] = [];
    const original = process.stderr.write.bind(process.stderr);
    process.stderr.write = ((text: string) => written.push(text)) as never;
    const outcome = await run({ mode: 'production', transport: engine.transport, exit: () => undefined, steps: [{ filePath: 'a.step.ts', module: {} }] }).finally(() => (process.stderr.write = original));
    expect(outcome.exitCode).toBe(70);
    expect(written.join('')).toBe(
      [
        'MOTIA_SDK_START_FAILED: The Steps could not be started:',
        '  a.step.ts is not a Step: it exports no `config`',
        '    Export `config` with name and triggers, and `handler`; or the result of step(config, handler).',
        'Correct the places named above: in production, and while an older process is serving, every Step must load and register.',
        '',
      ].join('\n'),
    );
    expect(process.listenerCount('SIGINT')).toBe(before);
  });

  it('hands what a handler prints to the log, tied to its call', async () => {
    await using engine = new ScriptedEngine();
    const ran = run({
      mode: 'development',
      transport: engine.transport,
      exit: () => undefined,
      steps: [{ filePath: 'a.step.ts', module: route(() => { process.stdout.write('half a line'); }) }],
      onReady: () => void engine.invoke(id, {}, { invocationId: 'printing' }).then(() => engine.endpoint.notify('shutdown', { reason: 'done' })),
    });
    const entry = await engine.log(({ source }) => source === 'stdout');
    expect(entry).toMatchObject({ message: 'half a line', invocationId: 'printing', traceId: '0af7651916cd43dd8448eb211c80319c' });
    await ran;
  });
});
