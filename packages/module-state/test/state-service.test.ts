import { expect, it } from '@jest/globals';
import { noOptions } from '@motia/engine-core';
import { defineModule, StateServiceRef, TelemetrySinkRef, type SpanOptions, type TelemetrySink } from '@motia/engine-core/contract';
import { startTestHost } from '@motia/engine-core/testing';
import { KvStore, state } from '../src/index.js';

it('O2 changes that modules make are spans in the trace of whoever asked, with scope and key, and their errors', async () => {
  const spans: { readonly name: string; readonly options: SpanOptions; error?: unknown }[] = [];
  const sink: TelemetrySink = {
    log: () => undefined, otlp: () => undefined,
    startSpan(name, options) {
      const span: (typeof spans)[number] = { name, options };
      spans.push(span);
      return { context: options.parent ?? { traceparent: `00-${'b'.repeat(32)}-${'c'.repeat(16)}-01` }, setAttribute: () => undefined, event: () => undefined, end: (outcome) => void (span.error = outcome?.error) };
    },
  };
  const definition = defineModule({ name: '@test/spans', version: '1.0.0', contract: 1, class: 'test::Spans', options: noOptions, provides: { sink: TelemetrySinkRef }, create: async () => ({ services: { sink } }) });
  await using host = await startTestHost([{ definition }, state()], { definitions: [KvStore] });
  const service = host.service(StateServiceRef);
  const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
  await service.set('s', 'k', 1, { trace });
  await service.get('s', 'k');
  await service.update('s', 'k', [{ type: 'append', path: '', value: 1 }], { trace }).catch(() => undefined);
  await service.delete('s', 'k', { trace });
  expect(spans.filter(({ name }) => name.startsWith('state ')).map(({ name, options, error }) => [name, options.attributes, options.parent, (error as { code?: string } | undefined)?.code])).toEqual([
    ['state set', { 'iii.state.scope': 's', 'iii.state.key': 'k' }, trace, undefined],
    ['state get', { 'iii.state.scope': 's', 'iii.state.key': 'k' }, undefined, undefined],
    ['state update', { 'iii.state.scope': 's', 'iii.state.key': 'k' }, trace, 'MOTIA_STATE_UPDATE_REFUSED'],
    ['state delete', { 'iii.state.scope': 's', 'iii.state.key': 'k' }, trace, undefined],
  ]);
});
