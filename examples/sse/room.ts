import { EventEmitter } from 'node:events';

export interface Message {
  readonly id: number;
  readonly text: string;
}

/** The last hundred messages, and everybody who listens. */
export const room = new EventEmitter({ captureRejections: true }).setMaxListeners(0);
const kept: Message[] = [];
let lastId = 0;

export function say(text: string): Message {
  lastId += 1;
  const message = { id: lastId, text };
  kept.push(message);
  if (kept.length > 100) kept.shift();
  room.emit('message', message);
  return message;
}

export const messagesAfter = (id: number): readonly Message[] => kept.filter((message) => message.id > id);
