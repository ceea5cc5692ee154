import { cpSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startOtlpReceiver, type OtlpReceiver } from '@motia/module-otel/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { writeApp } from './harness/app.js';
import { example } from './harness/example.js';
import { until } from './harness/process-list.js';
import { runIii, startIii, type RunningEngine } from './harness/running-engine.js';

interface DecodedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly status?: { readonly code?: number };
}
interface Decoder {
  decode(bytes: Uint8Array): unknown;
  toObject(message: unknown, options: object): { readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly DecodedSpan[] }[] }[] };
}
// What protobuf.js made of the definitions that the OpenTelemetry project publishes. The package has no entry for it; its own code decodes with it.
const definitions = createRequire(import.meta.url)('otlp-definitions/build/src/generated/root.js') as { opentelemetry: { proto: { collector: { trace: { v1: { ExportTraceServiceRequest: Decoder } } } } } };
const decoder = definitions.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;

interface ShownSpan {
  readonly span_id: string;
  readonly parent_span_id: string | null;
  readonly name: string;
  readonly status: string;
}

describe('examples/order-processing with a collector', () => {
  const folder = temporaryFolder('order-telemetry');
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const caller = 'b7ad6b7169203331';
  let engine: RunningEngine;
  let receiver: OtlpReceiver;
  const send = (method: string, path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(`${engine.url}${path}`, { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });

  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    const config = readFileSync(join(example('order-processing'), 'config.yaml'), 'utf8');
    writeApp(folder.path, {
      'config.yaml': `${config}\n  - class: modules::observability::OtelModule\n    config: { exporter: both, endpoint: '${receiver.url}', export_interval_ms: 50, service_name: orders }\n`,
    });
    cpSync(join(example('order-processing'), 'steps'), join(folder.path, 'steps'), { recursive: true });
    engine = await startIii({ cwd: folder.path });
  }, 60_000);
  afterAll(async () => {
    await engine.stop();
    await receiver[Symbol.asyncDispose]();
    await folder.remove();
  }, 60_000);

  const received = (): readonly DecodedSpan[] =>
    receiver.received
      .filter(({ path }) => path === '/v1/traces')
      .flatMap(({ body }) => decoder.toObject(decoder.decode(body), { bytes: Buffer, enums: Number }).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)))
      .map((span) => ({ ...span, traceId: hex(span.traceId), spanId: hex(span.spanId), parentSpanId: hex(span.parentSpanId) }))
      .filter((span) => span.traceId === traceId);
  const shown = async (): Promise<readonly ShownSpan[]> => {
    const { code, stdout } = await runIii(['trace', traceId, '--json'], { cwd: folder.path });
    return code === 0 ? (JSON.parse(stdout) as { spans: readonly ShownSpan[] }).spans : [];
  };
  /** Of what is received and what is shown, each as `name id parent failed`. */
  const treeOf = async (): Promise<readonly [string[], string[]]> => [
    received().map(({ name, spanId, parentSpanId, status }) => `${name} ${spanId} ${parentSpanId ?? ''} ${String(status?.code === 2)}`).sort(),
    (await shown()).map(({ name, span_id: id, parent_span_id: parent, status }) => `${name} ${id} ${parent ?? ''} ${String(status === 'error')}`).sort(),
  ];

  it('O2 gets the very tree that iii trace prints: every hop, attempt and change, below the span of the caller', async () => {
    await send('PUT', '/bank', { status: 'down' });
    const answer = await send('POST', '/orders', { card: '4711', cents: 1_200 }, { traceparent: `00-${traceId}-${caller}-01` });
    const { id } = (await answer.json()) as { id: string };
    const order = async (): Promise<{ readonly status: string; readonly attempts: number }> => (await fetch(`${engine.url}/orders/${id}`)).json() as never;
    await until('the first attempt to fail', async () => (await order()).attempts >= 1);
    await send('PUT', '/bank', { status: 'up' });
    await until('the order to be charged', async () => (await order()).status === 'charged');

    let trees: readonly [string[], string[]] = [[], []];
    const isWhole = (tree: readonly string[]): boolean => {
      const ids = new Set([caller, ...tree.map((line) => line.split(' ').at(-3))]);
      return tree.length > 0 && tree.every((line) => ids.has(line.split(' ').at(-2)));
    };
    await until('both to have every span, and its parent', async () => {
      trees = await treeOf();
      return isWhole(trees[0]) && trees[0].join('\n') === trees[1].join('\n');
    });
    const tree = trees[0].join('\n');
    expect(tree).toMatch(new RegExp(`^POST /orders [0-9a-f]{16} ${caller} false$`, 'm'));
    for (const hop of [/CreateOrder/, /transaction/, /ChargeOrder/, /state::/]) expect(tree).toMatch(hop);
    const attempts = trees[0].filter((line) => line.startsWith('process '));
    expect(attempts.length).toBeGreaterThanOrEqual(2);
    expect(attempts.filter((line) => line.endsWith('true')).length).toBe(attempts.length - 1);
  }, 60_000);
});

function hex(bytes: unknown): string {
  return Buffer.isBuffer(bytes) ? bytes.toString('hex') : '';
}
