import { describe, expect, it } from '@jest/globals';
import { moduleConformance } from '@motia/engine-core/testing';
import PubSubModule from '../src/index.js';

moduleConformance({ describe, it, expect }, {
  definition: PubSubModule,
  options: () => ({}),
  invalid: [
    { options: { adapter: { config: {} } }, pointer: '/adapter/class' },
    { options: { adapter: { class: '' } }, pointer: '/adapter/class' },
    { options: { adaptor: {} }, pointer: '/adaptor' },
  ],
  works: async (host) => {
    const seen = new Promise((resolve) => host.functions.register({ id: 'listener' }, resolve));
    await host.triggers.register({ type: 'subscribe', functionId: 'listener', config: { topic: 'greetings' } });
    expect(await host.functions.invoke('publish', { topic: 'greetings', data: { text: 'hello' } })).toBeNull();
    expect(await seen).toEqual({ text: 'hello' });
  },
});
