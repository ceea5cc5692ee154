import { describe, expect, it } from '@jest/globals';
import { moduleConformance } from '@motia/engine-core/testing';
import OtelModule from '../src/index.js';

moduleConformance({ describe, it, expect }, {
  definition: OtelModule,
  options: () => ({}),
  invalid: [
    { options: { exporter: 'jaeger' }, pointer: '/exporter' },
    { options: { endpoint: 'localhost:4317' }, pointer: '/endpoint' },
    { options: { sampling_ratio: 2 }, pointer: '/sampling_ratio' },
    { options: { sampling: { rules: [{ operation: 'a' }] } }, pointer: '/sampling/rules/0/rate' },
    { options: { memory_max_bytes: 10 }, pointer: '/memory_max_bytes' },
    { options: { alerts: [{ name: 'a', metric: 'b', threshold: 1, action: 'webhook' }] }, pointer: '/alerts/0/webhook_url' },
    { options: { alerts: [{ name: 'a', metric: 'b' }] }, pointer: '/alerts/0/threshold' },
  ],
  works: async (host) => {
    host.functions.register({ id: 'greet' }, () => 'hello');
    await host.functions.invoke('greet', {});
    const { spans } = (await host.functions.invoke('engine::traces::list', {})) as { spans: { name: string }[] };
    expect(spans.map(({ name }) => name)).toEqual(['invoke greet']);
  },
});
