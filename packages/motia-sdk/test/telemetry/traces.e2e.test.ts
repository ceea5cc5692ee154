import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, jest } from '@jest/globals';
import type { TemporaryFolder } from '@motia/tools/testing';
import { installedApp, runCommand, until, type ScriptedEngine } from '../launcher/scripted-engine.js';

jest.setTimeout(30_000);

const step = `
import { trace } from '@opentelemetry/api';
export const config = { name: 'traced', triggers: [{ type: 'http', path: '/traced', method: 'POST' }] };
export const handler = async (req, ctx) =>
  trace.getTracer('acme').startActiveSpan('work', async (span) => {
    const text = await fetch(req.body.url).then((response) => response.text());
    ctx.logger.info('inside');
    span.end();
    return { status: 200, body: text };
  });
`;

function tracedApp(): TemporaryFolder {
  const app = installedApp();
  const api = fileURLToPath(new URL('../../../../node_modules/@opentelemetry/api', import.meta.url));
  mkdirSync(app.file('node_modules/@opentelemetry'));
  symlinkSync(api, app.file('node_modules/@opentelemetry/api'));
  writeFileSync(app.file('steps/traced.step.ts'), step);
  return app;
}

interface Span {
  readonly name: string;
  readonly spanId: string;
  readonly traceId: string;
  readonly parentSpanId: string;
}
function spansOf(engine: ScriptedEngine): Span[] {
  type Request = { resourceSpans?: { scopeSpans: { spans: Span[] }[] }[] };
  return engine.telemetry.flatMap(({ otlp }) => (otlp as Request).resourceSpans ?? []).flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

describe('a process of an app that has the OpenTelemetry API installed', () => {
  it('O2 puts spans of libraries and requests into the trace of the call, and its lines too', async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers['traceparent'] as string | undefined);
      response.end('answer');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await using app = tracedApp();
    await using engine = runCommand('motia dev', { cwd: app.path });
    await engine.ready;
    expect(await engine.call('traced', { url }, { timed: true })).toMatchObject({ status: 200, body: 'answer' });
    await until(() => spansOf(engine).length === 2, 'two spans arrive');
    const [work, get] = ['work', `GET ${new URL(url).host}`].map((name) => spansOf(engine).find((span) => span.name === name));
    expect(work).toMatchObject({ traceId: 'a'.repeat(32), parentSpanId: 'b'.repeat(16) });
    expect(get).toMatchObject({ traceId: 'a'.repeat(32), parentSpanId: work?.spanId });
    expect(seen).toEqual([`00-${'a'.repeat(32)}-${get?.spanId}-01`]);
    await until(() => engine.logs.some(({ message }) => message === 'inside'), 'the line arrives');
    expect(engine.logs.find(({ message }) => message === 'inside')).toMatchObject({ spanId: work?.spanId });
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });

  it('makes none when its motia.config says so', async () => {
    await using app = tracedApp();
    writeFileSync(app.file('motia.config.ts'), 'export const otel = { enabled: false };\n');
    await using engine = runCommand('motia dev', { cwd: app.path });
    await engine.ready;
    await engine.call('traced', { url: 'data:text/plain,x' }, { timed: true });
    await engine.endpoint.request('drain', { deadlineMs: 1000 });
    expect(engine.telemetry).toEqual([]);
  });
});
