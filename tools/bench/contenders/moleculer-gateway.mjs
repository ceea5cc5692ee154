// Moleculer: a gateway process and a service process over its TCP transporter, as its guide sets it up.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { ServiceBroker } = require('moleculer');
const ApiGateway = require('moleculer-web');

const tcpPort = Number(process.env.PORT) + 1;
const broker = new ServiceBroker({
  nodeID: 'gateway',
  logger: false,
  transporter: { type: 'TCP', options: { udpDiscovery: false, maxPacketSize: 8 * 1024 * 1024, port: tcpPort, urls: [`127.0.0.1:${tcpPort}/gateway`, `127.0.0.1:${tcpPort + 1}/service`] } },
});
broker.createService({
  mixins: [ApiGateway],
  settings: {
    ip: '127.0.0.1',
    port: Number(process.env.PORT),
    routes: [{ path: '/', bodyParsers: { json: { limit: '2mb' } }, aliases: { 'GET /hello': 'bench.hello', 'POST /echo': 'bench.echo', 'POST /orders': 'bench.order' } }],
  },
});
await broker.start();
const service = spawn(process.execPath, [fileURLToPath(new URL('moleculer-service.mjs', import.meta.url))], {
  env: { ...process.env, TCP_PORT: String(tcpPort) },
  stdio: ['ignore', 'inherit', 'inherit'],
});
process.once('SIGTERM', () => {
  service.kill('SIGKILL');
  process.exit(0);
});
await broker.waitForServices('bench');
console.log('ready');
