import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { createEndpoint, nodeStreamTransport, PROTOCOL_VERSION, type Endpoint } from '@motia/protocol';
import { errors } from '../errors.js';
import { version } from '../version.js';

/** A connection to the running engine. */
export interface ControlClient {
  invoke(functionId: string, payload: unknown, timeoutMs: number): Promise<unknown>;
  close(): void;
}

/** Connects to the engine of `subject`. @throws `MOTIA_ENGINE_NOT_RUNNING` when nobody listens there. */
export async function connectControl(address: string, subject: string): Promise<ControlClient> {
  const socket = await open(address, subject);
  const endpoint: Endpoint = createEndpoint(nodeStreamTransport(socket, socket), { role: 'worker' });
  endpoint.listen();
  await endpoint.request('initialize', {
    protocolVersion: PROTOCOL_VERSION,
    sdk: { name: '@motia/engine', version, language: 'javascript' },
    name: 'iii command',
  });
  const session = randomUUID();
  let calls = 0;
  return {
    invoke(functionId, payload, timeoutMs) {
      calls += 1;
      return endpoint.invoke({ functionId, invocationId: `cli-${session}-${calls}`, timeoutMs }, payload).result;
    },
    close() {
      endpoint.close();
      socket.destroy();
    },
  };
}

function open(address: string, subject: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    socket.once('connect', () => resolve(socket));
    socket.once('error', (cause) => reject(errors.NOT_RUNNING({ subject }, cause)));
  });
}
