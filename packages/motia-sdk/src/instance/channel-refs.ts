import type { ChannelRef } from '@motia/protocol';
import { ChannelReader } from './channel-reader.js';
import { ChannelWriter } from './channel-writer.js';

const deepest = 16;

/** Puts readers and writers in the places of the channel references in a payload. A payload without any is given back as it is. */
export function openChannelRefs(payload: unknown, depth = 0): unknown {
  if (typeof payload !== 'object' || payload === null || depth > deepest) return payload;
  if (isChannelRef(payload)) return payload.direction === 'read' ? new ChannelReader(payload) : new ChannelWriter(payload);
  let changed: Record<string, unknown> | unknown[] | undefined;
  for (const [key, member] of Object.entries(payload)) {
    const opened = openChannelRefs(member, depth + 1);
    if (opened === member) continue;
    changed ??= Array.isArray(payload) ? [...(payload as unknown[])] : { ...payload };
    (changed as Record<string, unknown>)[key] = opened;
  }
  return changed ?? payload;
}

function isChannelRef(value: object): value is ChannelRef {
  const { channel_id: id, access_key: key, direction } = value as Partial<ChannelRef>;
  return typeof id === 'string' && typeof key === 'string' && (direction === 'read' || direction === 'write');
}
