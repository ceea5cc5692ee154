import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { http, type FlowContext } from '../../src/index.js';
import { instrumentFetch } from '../../src/telemetry/fetch-spans.js';
import { serving, type OtlpSpan } from '../support/scripted-engine.js';

type Ctx = FlowContext<never, unknown>;
const id = 'steps::F::trigger::http(GET /f)';
const trace = '0af7651916cd43dd8448eb211c80319c';
const routed = (handler: (ctx: Ctx) => unknown): object => ({ config: { name: 'F', triggers: [http('GET', '/f')] }, handler: (_req: unknown, ctx: Ctx) => handler(ctx) });
const attributesOf = (span: OtlpSpan | undefined): Record<string, unknown> => Object.fromEntries((span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]));

describe('requests that a handler sends', () => {
  let server: Server;
  let url: string;
  let restore: () => void;
  const seen: IncomingHttpHeaders[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      seen.push(request.headers);
      if (request.url === '/cut') return void request.socket.destroy();
      response.statusCode = request.url?.startsWith('/missing') === true ? 404 : 200;
      response.end('body');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    restore = instrumentFetch();
  });
  afterAll(async () => {
    restore();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const headersOf = async (use: (ctx: Ctx) => Promise<unknown>, more: object = { timed: true }, telemetry = true): Promise<{ headers: IncomingHttpHeaders; spans: (count: number) => Promise<readonly OtlpSpan[]>; end: () => Promise<void> }> => {
    seen.length = 0;
    const engine = await serving([routed(use)], { telemetry });
    await engine.invoke(id, {}, more);
    return { headers: seen[0] ?? {}, spans: (count) => engine.spans(count), end: () => engine[Symbol.asyncDispose]() };
  };

  it('O2 carry the trace on, below a span that says where they went, and nothing of their query', async () => {
    const { headers, spans, end } = await headersOf(() => fetch(`${url}/orders?token=secret`, { method: 'POST', body: 'x' }).then((response) => response.text()));
    const [span] = await spans(1);
    expect(span).toMatchObject({ name: `POST ${new URL(url).host}`, kind: 3, traceId: trace, parentSpanId: 'b7ad6b7169203331', status: {} });
    expect(headers['traceparent']).toBe(`00-${trace}-${span?.spanId}-01`);
    expect(attributesOf(span)).toEqual({ 'http.request.method': 'POST', 'server.address': '127.0.0.1', 'server.port': new URL(url).port, 'url.full': `${url}/orders`, 'url.scheme': 'http', 'http.response.status_code': '200' });
    await end();
  });

  it('that are answered with an error, or not at all, have spans that say so', async () => {
    const refused = await headersOf(() => fetch(`${url}/missing`).then((response) => response.text()));
    const [missing] = await refused.spans(1);
    expect([missing?.status, attributesOf(missing)['error.type']]).toEqual([{ code: 2, message: 'answered 404' }, '404']);
    await refused.end();
    const broken = await headersOf(() => fetch(`${url}/cut`).catch(() => undefined));
    const [cut] = await broken.spans(1);
    expect([cut?.status.code, attributesOf(cut)['http.response.status_code']]).toEqual([2, undefined]);
    await broken.end();
  });

  it('end with their handler when nobody reads the answer', async () => {
    const { spans, end } = await headersOf(async () => { await fetch(url); });
    expect(attributesOf((await spans(1))[0])['http.response.status_code']).toBe('200');
    await end();
  });

  it('keep a traceparent of their own, and carry the call itself on where nobody records', async () => {
    const own = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
    const given = await headersOf(() => fetch(url, { headers: { Traceparent: own } }).then((response) => response.text()));
    expect(given.headers['traceparent']).toBe(own);
    await given.end();
    const silent = await headersOf(() => fetch(url).then((response) => response.text()), { trace: { traceparent: `00-${trace}-b7ad6b7169203331-00`, tracestate: 'a=1' } }, false);
    expect([silent.headers['traceparent'], silent.headers['tracestate']]).toEqual([`00-${trace}-b7ad6b7169203331-00`, 'a=1']);
    await silent.end();
  });

  it('are left alone outside of handlers', async () => {
    seen.length = 0;
    await (await fetch(url)).text();
    expect(seen[0]?.['traceparent']).toBeUndefined();
  });
});
