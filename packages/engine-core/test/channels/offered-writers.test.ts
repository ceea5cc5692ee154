import { describe, expect, it } from '@jest/globals';
import type { ChannelRef } from '@motia/protocol';
import type { ChannelReader } from '../../src/contract/index.js';
import { startTestHost } from '../../src/testing/index.js';

describe('writing ends that are offered', () => {
  it('become channels when they are opened, for who has the key, and not after they were taken back', async () => {
    await using host = await startTestHost([]);
    const { channels } = host;
    let taken: ChannelReader | undefined;
    const offer = channels.offerWriters('mine-', (id, key) => (id === 'mine-1' && key === 'secret' ? (reader) => (taken = reader) : undefined));
    const ref = (over: Partial<ChannelRef> = {}): ChannelRef => ({ channel_id: 'mine-1', access_key: 'secret', direction: 'write', ...over });
    for (const wrong of [ref({ access_key: 'guess' }), ref({ channel_id: 'mine-2' }), ref({ channel_id: 'other-1' })]) {
      expect(() => channels.openWriter(wrong)).toThrow(expect.objectContaining({ code: 'MOTIA_ENGINE_CHANNEL_NOT_FOUND' }));
    }
    expect(() => channels.openReader(ref({ direction: 'read' }))).toThrow(expect.objectContaining({ code: 'MOTIA_ENGINE_CHANNEL_NOT_FOUND' }));
    const writer = channels.openWriter(ref());
    expect(() => channels.openWriter(ref())).toThrow(expect.objectContaining({ code: 'MOTIA_ENGINE_CHANNEL_CLAIMED' }));
    await writer.write('hello');
    writer.close();
    expect([await taken?.read(), await taken?.read()]).toEqual(['hello', undefined]);
    offer.dispose();
    expect(() => channels.openWriter(ref())).toThrow(expect.objectContaining({ code: 'MOTIA_ENGINE_CHANNEL_NOT_FOUND' }));
  });
});
