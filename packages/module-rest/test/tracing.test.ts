import { describe, expect, it } from '@jest/globals';
import { noOptions } from '@motia/engine-core';
import { defineModule, TelemetrySinkRef, type OpenSpan, type TelemetrySink } from '@motia/engine-core/contract';
import { startTestHost } from '@motia/engine-core/testing';
import { RestServiceRef } from '@motia/engine-core/contract';
import { rest as restModule } from '../src/index.js';
import { callPort } from './fixtures/start-rest.js';

interface SpanRecord {
  readonly name: string;
  readonly parent: string | undefined;
  readonly traceparent: string;
  readonly attributes: Record<string, unknown>;
  ended: boolean;
  error: unknown;
}

function recordingModule(spans: SpanRecord[]): ReturnType<typeof defineModule> {
  let count = 0;
  const sink: TelemetrySink = {
    log: () => undefined,
    otlp: () => undefined,
    startSpan(name, { parent, common, attributes }): OpenSpan {
      count += 1;
      const traceId = parent?.traceparent.slice(3, 35) ?? '1'.repeat(32);
      const span: SpanRecord = { name, parent: parent?.traceparent, traceparent: `00-${traceId}-${String(count).padStart(16, '0')}-01`, attributes: { ...common, ...attributes }, ended: false, error: undefined };
      spans.push(span);
      return {
        context: { traceparent: span.traceparent },
        setAttribute: (key, value) => void (span.attributes[key] = value),
        event: () => undefined,
        end: (outcome) => {
          span.ended = true;
          span.error = outcome?.error;
        },
      };
    },
  };
  return defineModule({
    name: 'recorder', version: '0.0.0', contract: 1, class: 'test::Recorder', options: noOptions,
    provides: { sink: TelemetrySinkRef },
    create: async () => ({ services: { sink } }),
  });
}

describe('tracing', () => {
  it('O2 each request is a server span in the trace of its client, and the handler runs inside it', async () => {
    const spans: SpanRecord[] = [];
    await using host = await startTestHost([{ definition: recordingModule(spans) as never }, restModule({ port: 0 })]);
    const seen: string[] = [];
    host.functions.register({ id: 'f' }, (_payload, { trace }) => void seen.push(trace.traceparent));
    host.functions.register({ id: 'g' }, () => {
      throw new Error('broken');
    });
    await host.triggers.register({ type: 'http', functionId: 'f', config: { api_path: '/users/:id' } });
    await host.triggers.register({ type: 'http', functionId: 'g', config: { api_path: '/broken' } });
    const { port = 0 } = host.service(RestServiceRef).address() ?? {};
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await callPort(port, 'GET /users/7?secret=1', { headers: { traceparent } });
    const broken = await callPort(port, 'GET /broken');
    const server = spans.filter(({ name }) => name.startsWith('GET '));
    expect(server).toMatchObject([
      { name: 'GET /users/:id', parent: traceparent, ended: true, error: undefined, attributes: { 'http.route': '/users/:id', 'url.path': '/users/7', 'http.response.status_code': 204 } },
      { name: 'GET /broken', parent: undefined, ended: true, error: expect.anything(), attributes: { 'http.response.status_code': 500 } },
    ]);
    expect(seen[0]?.slice(3, 35)).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(JSON.stringify(server)).not.toContain('secret=1');
    expect(server[1]?.traceparent).toContain(broken.json.error.traceId);
  });
});
