import { on } from 'node:events';
import { http, sse, step } from 'motia';
import { messagesAfter, room, type Message } from '../room.js';

// Events from elsewhere in the process: first those that the client missed, then new ones as they come.
export default step({ name: 'Listen', triggers: [http('GET', '/messages', { produces: 'text/event-stream' })] }, (req) =>
  sse(req, async ({ lastEventId, signal, send }) => {
    const coming = on(room, 'message', { signal });
    for (const { id, text } of messagesAfter(Number(lastEventId ?? 0))) await send({ id, data: text });
    for await (const [message] of coming as AsyncIterable<[Message]>) await send({ id: message.id, data: message.text });
  }),
);
