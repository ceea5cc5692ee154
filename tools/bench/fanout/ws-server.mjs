// A bare `ws` server as its users write it; with FRAMED=1 the frame of an event is built once for all.
import { createServer } from 'node:http';
import { Sender, WebSocketServer } from 'ws';
import { answerCommands } from './answer-commands.mjs';

const isFramed = process.env.FRAMED === '1';
const followers = new Set();
const server = createServer();
new WebSocketServer({ server, perMessageDeflate: false, maxPayload: 262_144 }).on('connection', (socket) => {
  socket.on('message', () => {
    followers.add(socket);
    socket.send('{"type":"sync"}');
  });
  socket.on('close', () => followers.delete(socket));
});

function publish(event) {
  const text = JSON.stringify({ type: 'stream', streamName: 'bench', groupId: 'g', id: event.id, event: { type: 'update', data: event } });
  if (!isFramed) for (const socket of followers) socket.send(text);
  else {
    const frame = Buffer.concat(Sender.frame(Buffer.from(text), { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false }));
    for (const socket of followers) socket._socket.write(frame);
  }
}
server.listen(Number(process.env.PORT), '127.0.0.1', () => answerCommands(publish));
