import { createRequire } from 'node:module';

const { ServiceBroker } = createRequire(import.meta.url)('moleculer');

const tcpPort = Number(process.env.TCP_PORT);
const broker = new ServiceBroker({
  nodeID: 'service',
  logger: false,
  transporter: { type: 'TCP', options: { udpDiscovery: false, port: tcpPort + 1, urls: [`127.0.0.1:${tcpPort}/gateway`, `127.0.0.1:${tcpPort + 1}/service`] } },
});
broker.createService({
  name: 'bench',
  actions: {
    hello: () => ({ message: 'Hello, world!' }),
    echo: (context) => ({ received: context.params }),
  },
});
await broker.start();
