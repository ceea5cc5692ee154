// A bare socket.io server as its users write it: a room, and an emit to it.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { answerCommands } from './answer-commands.mjs';

const server = createServer();
const io = new Server(server, { serveClient: false, maxHttpBufferSize: 262_144 });
io.on('connection', (socket) => {
  socket.on('join', (place) => {
    void socket.join(`${place.streamName}:${place.groupId}`);
    socket.emit('sync', []);
  });
});
const publish = (event) => io.to('bench:g').emit('frames', { type: 'stream', streamName: 'bench', groupId: 'g', id: event.id, event: { type: 'update', data: event } });
server.listen(Number(process.env.PORT), '127.0.0.1', () => answerCommands(publish));
