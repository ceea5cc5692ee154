/** The worker of the stdio bench: echoes what it gets. `node worker.mjs motia | stock`. */
import { createEndpoint, fdTransport, isWireValue, WireValue } from '@motia/protocol';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';

if (process.argv[2] === 'stock') {
  const connection = createMessageConnection(new StreamMessageReader(process.stdin), new StreamMessageWriter(process.stdout));
  connection.onRequest('functions/invoke', async (params) => params.payload);
  connection.onRequest('cpu', () => process.cpuUsage());
  connection.onClose(() => process.exit(0));
  connection.listen();
} else {
  const endpoint = createEndpoint(fdTransport({ readFd: 0, writeFd: 1 }), { role: 'worker', events: { onClose: () => process.exit(0) } });
  endpoint.setNegotiated({ rawBodies: true, rawThresholdBytes: 1024 });
  endpoint.onInvoke(async (call) => {
    const { payload } = call;
    if (call.params.functionId === 'cpu') return process.cpuUsage();
    if (!isWireValue(payload)) return payload;
    const { body } = payload.toValue();
    return WireValue.of({ status: 200 }, { at: '/body', as: 'json', bytes: Buffer.from(JSON.stringify(body)) });
  });
  endpoint.listen();
}
