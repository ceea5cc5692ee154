/**
 * The clients of the fan-out: `node subscribers.mjs`, commands and answers as JSON lines. They read bare sockets and look only at frame headers
 * and at `"at":`, so that what is measured is the server. `{ open: { port, count, transport } }`, then `{ await: { events } }`.
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const clients = [];
const place = { subscriptionId: '1', streamName: 'bench', groupId: 'g' };
const transports = {
  plain: { path: '/', greet: (client) => client.send(JSON.stringify({ type: 'join', data: place })) },
  'socket.io': { path: '/socket.io/?EIO=4&transport=websocket', greet: (client) => client.send('40') },
};
let expected = Number.POSITIVE_INFINITY;
let whenAll = () => undefined;
let complete = 0;
const latencies = [];

class Subscriber {
  constructor(transport) {
    this.transport = transport;
    this.events = 0;
    this.pending = Buffer.alloc(0);
    this.isOpen = false;
    this.isJoined = false;
  }

  open(port) {
    return new Promise((resolve, reject) => {
      this.onReady = resolve;
      this.socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => this.socket.write(`GET ${transports[this.transport].path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`));
      this.socket.on('error', reject);
      this.socket.on('data', (chunk) => this.read(chunk));
    });
  }

  send(text) {
    const body = Buffer.from(text);
    this.socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | body.length, 0, 0, 0, 0]), body]));
  }

  read(chunk) {
    let buffer = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    if (!this.isOpen) {
      const end = buffer.indexOf('\r\n\r\n');
      if (end === -1) return void (this.pending = buffer);
      this.isOpen = true;
      buffer = buffer.subarray(end + 4);
      transports[this.transport].greet(this);
    }
    for (;;) {
      const short = buffer[1] & 127;
      const start = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (buffer.length < start) break;
      const length = short < 126 ? short : short === 126 ? buffer.readUInt16BE(2) : Number(buffer.readBigUInt64BE(2));
      if (buffer.length < start + length) break;
      this.take(buffer.subarray(start, start + length));
      buffer = buffer.subarray(start + length);
    }
    this.pending = buffer;
  }

  take(frame) {
    if (!this.isJoined) return this.greeted(frame.toString('utf8'));
    // An engine.io ping.
    if (frame.length === 1 && frame[0] === 0x32) return this.send('3');
    for (let at = frame.indexOf('"at":'); at !== -1; at = frame.indexOf('"at":', at + 5)) {
      this.events += 1;
      // Looking at every clock would be measuring the looking.
      if (this.events % 16 === 0) latencies.push(performance.timeOrigin + performance.now() - Number(frame.toString('latin1', at + 5, at + 18)));
    }
    if (this.events >= expected && !this.isDone) {
      this.isDone = true;
      complete += 1;
      if (complete === clients.length) whenAll();
    }
  }

  greeted(text) {
    if (text.startsWith('40')) return this.send(`42["join",${JSON.stringify(place)}]`);
    if (!text.includes('sync')) return;
    this.isJoined = true;
    this.onReady();
  }
}

const commands = {
  async open({ port, count, transport }) {
    const added = Array.from({ length: count }, () => new Subscriber(transport));
    clients.push(...added);
    for (let index = 0; index < added.length; index += 100) await Promise.all(added.slice(index, index + 100).map((client) => client.open(port)));
    return {};
  },
  async await({ events }) {
    expected = events;
    complete = clients.filter((client) => (client.isDone = client.events >= events)).length;
    if (complete < clients.length) await new Promise((resolve) => (whenAll = resolve));
    const sorted = latencies.splice(0).sort((a, b) => a - b);
    return { p50: sorted[Math.floor(sorted.length * 0.5)], p99: sorted[Math.floor(sorted.length * 0.99)], events: clients.map((client) => client.events).reduce((sum, count) => sum + count, 0) };
  },
};

createInterface({ input: process.stdin }).on('line', async (line) => {
  const [[name, input]] = Object.entries(JSON.parse(line));
  console.log(JSON.stringify(await commands[name](input)));
});
process.stdin.on('close', () => process.exit(0));
console.log('"ready"');
