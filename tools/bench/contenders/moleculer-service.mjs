import { createRequire } from 'node:module';

const { ServiceBroker } = createRequire(import.meta.url)('moleculer');

const tcpPort = Number(process.env.TCP_PORT);
const broker = new ServiceBroker({
  nodeID: 'service',
  logger: false,
  transporter: { type: 'TCP', options: { udpDiscovery: false, maxPacketSize: 8 * 1024 * 1024, port: tcpPort + 1, urls: [`127.0.0.1:${tcpPort}/gateway`, `127.0.0.1:${tcpPort + 1}/service`] } },
});
broker.createService({
  name: 'bench',
  actions: {
    hello: () => ({ message: 'Hello, world!' }),
    order: {
      params: { product: { type: 'string', min: 1 }, quantity: { type: 'number', integer: true, min: 1, max: 100 }, note: { type: 'string', optional: true } },
      handler: (context) => ({ id: `${context.params.product}-${context.params.quantity}` }),
    },
    echo: (context) => ({ received: context.params }),
  },
});
await broker.start();
