import { messageOf } from '@motia/engine-core/contract';
import { errors } from '../errors.js';
import type { CommandPorts } from './main.js';

/** @throws `MOTIA_ENGINE_PAYLOAD_INVALID` */
export function parsePayload(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw errors.PAYLOAD_INVALID({ problem: messageOf(cause) }, cause);
  }
}

/** What is piped in. @throws `MOTIA_ENGINE_PAYLOAD_INVALID` when that is nothing */
export async function readPayload(ports: Pick<CommandPorts, 'readStdin'>): Promise<string> {
  const text = await ports.readStdin();
  if (text.trim() === '') throw errors.PAYLOAD_INVALID({ problem: 'standard input was empty' });
  return text;
}
