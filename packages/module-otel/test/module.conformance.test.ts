import { describe, expect, it } from '@jest/globals';
import { moduleConformance } from '@motia/engine-core/testing';
import { OtelModule } from '../src/index.js';

moduleConformance(
  { describe, it, expect },
  {
    definition: OtelModule,
    options: () => ({ greeting: 'Good morning' }),
    invalid: [{ options: { greeting: '' }, pointer: '/greeting' }],
    works: async (host) => {
      expect(await host.functions.invoke('otel::greet', { name: 'Ada' })).toEqual({ text: 'Good morning Ada' });
      await expect(host.functions.invoke('otel::greet', {})).rejects.toMatchObject({ code: 'MOTIA_OTEL_NAME_MISSING' });
    },
  },
);
