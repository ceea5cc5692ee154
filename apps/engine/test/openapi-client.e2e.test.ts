import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { example, withProgram } from './harness/example.js';
import { startIii } from './harness/running-engine.js';

const run = promisify(execFile);
const binary = (name: string): string => fileURLToPath(new URL(`../../../node_modules/.bin/${name}`, import.meta.url));

interface Result {
  readonly data?: unknown;
  readonly error?: { readonly error: { readonly code: string } };
  readonly response: Response;
  readonly stream?: AsyncIterator<unknown>;
}
type Operation = (options: { readonly baseUrl: string; readonly body?: unknown; readonly path?: unknown; readonly query?: unknown; readonly headers?: unknown; readonly parseAs?: string; readonly bodySerializer?: null }) => Promise<Result>;

/** Generates a TypeScript client with `@hey-api/openapi-ts`, compiles it strictly, and loads what came out. */
async function generateClient(folder: string, document: string): Promise<Readonly<Record<string, Operation>>> {
  await writeFile(join(folder, 'openapi.json'), document);
  await symlink(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await run(binary('openapi-ts'), ['-i', 'openapi.json', '-o', 'client'], { cwd: folder });
  await run(binary('tsc'), ['--outDir', 'out', '--rootDir', 'client', '--target', 'es2022', '--module', 'preserve', '--moduleResolution', 'bundler', '--lib', 'es2022,dom,dom.iterable', '--strict', '--skipLibCheck', 'client/sdk.gen.ts'], { cwd: folder });
  await run(binary('esbuild'), ['out/sdk.gen.js', '--bundle', '--format=esm', '--platform=node', '--outfile=client.mjs'], { cwd: folder });
  return (await import(pathToFileURL(join(folder, 'client.mjs')).href)) as Readonly<Record<string, Operation>>;
}

interface Call {
  readonly path?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
  readonly headers?: unknown;
  /** How the client reads what the document leaves open. */
  readonly parseAs?: 'text' | 'stream';
  /** null sends the body as it is. */
  readonly bodySerializer?: null;
  readonly status: number;
  readonly expected: unknown;
  /** The client reads events; the first one is looked at. */
  readonly isEvents?: true;
}

/** Every operation of an example, by its name in the client. A route without a line here fails the test. */
const examples: Readonly<Record<string, Readonly<Record<string, Call>>>> = {
  quickstart: {
    hello: { query: { name: 'Ada' }, status: 200, expected: { message: 'Hello, Ada!', traceId: expect.any(String) } },
    createOrder: { body: { product: 'tea', quantity: 2 }, status: 201, expected: { id: 'tea-2', product: 'tea', quantity: 2 } },
    getOrder: { path: { id: 'tea-2' }, status: 200, expected: { id: 'tea-2', product: 'tea', quantity: 2 } },
  },
  'several-processes': {
    price: { path: { product: 'tea' }, status: 200, expected: expect.objectContaining({ cents: expect.any(Number) }) },
    quote: { path: { product: 'tea' }, status: 200, expected: expect.objectContaining({ cents: 300 }) },
  },
  sse: {
    page: { status: 200, expected: expect.stringContaining('<') },
    say: { body: { text: 'hi' }, status: 201, expected: expect.anything() },
    listen: { status: 200, expected: 'hi', isEvents: true },
    countdown: { path: { from: '0' }, status: 200, expected: {}, isEvents: true },
  },
  'file-upload-download': {
    upload: {
      body: { album: 'holidays', photo: [new File(['abc'], 'beach.png', { type: 'image/png' })] },
      status: 201,
      expected: { album: 'holidays', files: [{ id: expect.any(String), name: 'beach.png', type: 'image/png', bytes: 3 }] },
    },
    checksum: { body: new Blob(['abc']), bodySerializer: null, headers: { 'Content-Type': 'application/octet-stream' }, status: 200, expected: { bytes: 3, sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' } },
    download: { path: { id: 'none' }, status: 404, expected: undefined },
    report: { parseAs: 'text', status: 200, expected: expect.stringContaining('n,square') },
  },
  middleware: {
    hello: { status: 200, expected: { message: 'hello', from: '127.0.0.1' } },
    login: { body: { user: 'ada' }, status: 200, expected: { token: 'token-of-ada' } },
    listNotes: { headers: { authorization: 'Bearer token-of-ada' }, status: 200, expected: [{ owner: 'ada', text: 'a note of ada' }] },
  },
  'repeated-requests': {
    pay: { headers: { 'Idempotency-Key': 'of-the-generated-client' }, body: { amount: 5 }, status: 201, expected: { charge: expect.any(String), amount: 5 } },
    report: { body: { year: 2026 }, status: 202, expected: { id: expect.any(String), state: expect.any(String), statusUrl: expect.any(String) } },
    getAcceptedRequest: { path: { id: 'req_none' }, status: 404, expected: undefined },
  },
  'multi-trigger': {
    refreshRates: { path: { base: 'CHF' }, status: 200, expected: { base: 'CHF', by: 'http', at: expect.any(String) } },
    showRates: { status: 200, expected: expect.arrayContaining([{ base: 'CHF', by: 'http', at: expect.any(String) }]) },
  },
  'order-processing': {
    bank: { body: { status: 'up' }, status: 200, expected: { status: 'up' } },
    createOrder: { body: { card: 'visa', cents: 100 }, status: 202, expected: { id: expect.any(String) } },
    showOrder: { path: { id: 'none' }, status: 404, expected: undefined },
    deadOrders: { status: 200, expected: expect.any(Array) },
    redriveOrders: { body: { code: 'NO_SUCH_CODE' }, status: 200, expected: expect.anything() },
  },
  'parallel-merge': {
    startCount: { body: { lines: ['one two', 'three'] }, status: 202, expected: { countId: expect.any(String), parts: 2 } },
    showCount: { path: { id: 'none' }, status: 404, expected: undefined },
  },
  'nightly-report': {
    sell: { body: { product: 'tea', cents: 250 }, status: 201, expected: { product: 'tea', cents: 250 } },
    runReport: { status: 202, expected: { slot: expect.any(String) } },
    reports: { status: 200, expected: expect.objectContaining({ next: expect.any(String) }) },
  },
  'todo-live': {
    page: { status: 200, expected: expect.stringContaining('<') },
    client: { path: { file: 'index.js' }, parseAs: 'text', status: 200, expected: expect.stringContaining('export') },
    addTodo: { body: { title: 'tea' }, status: 201, expected: expect.objectContaining({ title: 'tea', isDone: false }) },
    changeTodo: { path: { id: 'none' }, body: { isDone: true }, status: 404, expected: undefined },
    removeTodo: { path: { id: 'none' }, status: 204, expected: null },
  },
  'remote-workers': {
    resize: { path: { image: 'cat' }, status: 200, expected: { image: 'cat', doneBy: expect.any(Number) } },
  },
};

/** Examples that are programs of their own: folder, file, operations. compose-in-code/embedded.mjs is missing: its service gives out no document. */
const programs: readonly (readonly [string, string, Readonly<Record<string, Call>>])[] = [
  ['express-app', 'server.mjs', {
    greet: { path: { name: 'Ada' }, status: 200, expected: { message: 'Hello, Ada!', from: '127.0.0.1' } },
    fails: { status: 500, expected: undefined },
  }],
  ['compose-in-code', 'engine.mjs', { greet: { path: { name: 'Ada' }, status: 200, expected: { message: 'Hello, Ada!' } } }],
];

/** Generates a client from what is served at the address, and makes every call with it. */
async function callAll(url: string, folder: string, calls: Readonly<Record<string, Call>>): Promise<Readonly<Record<string, Operation>>> {
  const document = await (await fetch(`${url}/openapi.json`)).text();
  const client = await generateClient(folder, document);
  const operations = Object.values((JSON.parse(document) as { paths: Record<string, Record<string, { operationId: string }>> }).paths).flatMap((item) => Object.values(item));
  expect(operations.map(({ operationId }) => operationId.toLowerCase()).sort()).toEqual(Object.keys(calls).map((call) => call.toLowerCase()).sort());
  for (const [operation, { status, expected, isEvents, ...given }] of Object.entries(calls)) {
    const { data, response, stream } = await (client[operation] as Operation)({ baseUrl: url, ...given });
    if (isEvents === true) {
      expect([operation, (await stream?.next())?.value]).toEqual([operation, expected]);
      await stream?.return?.();
      continue;
    }
    expect([operation, response.status, data]).toEqual([operation, status, expected]);
    if (data instanceof ReadableStream) await data.cancel();
  }
  return client;
}

describe('a client generated from /openapi.json', () => {
  it.each(Object.entries(examples))('calls every route of examples/%s', async (name, calls) => {
    await using folder = temporaryFolder('openapi-client');
    await using engine = await startIii({ cwd: example(name), env: { DATA_DIR: folder.file('data'), STREAM_PORT: '0', WORKER_PORT: '0' } });
    const client = await callAll(engine.url, folder.path, calls);
    if (name === 'quickstart') {
      const refused = await (client['createOrder'] as Operation)({ baseUrl: engine.url, body: { quantity: 0 } });
      expect([refused.response.status, refused.error?.error.code]).toEqual([400, 'MOTIA_REST_VALIDATION_FAILED']);
      // The types of the client know the envelope.
      expect(await readFile(join(folder.path, 'client', 'types.gen.ts'), 'utf8')).toMatch(/MotiaError/);
    }
  }, 120_000);

  it.each(programs)('calls every route of examples/%s/%s', async (name, file, calls) => {
    await using folder = temporaryFolder('openapi-client');
    await withProgram(name, file, async (url) => void (await callAll(url, folder.path, calls)));
  }, 120_000);
});
