import { randomBytes, randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { createEndpoint, nodeStreamTransport, PROTOCOL_VERSION, type Endpoint } from '@motia/protocol';
import { errors } from '../errors.js';
import { version } from '../version.js';

/** A connection to the running engine. */
export interface ControlClient {
  /** Does something: a call like any other. */
  invoke(functionId: string, payload: unknown, timeoutMs: number): Promise<unknown>;
  /** Only looks: whoever looks at traces does not want to find the looking among them, so it is marked as not to be recorded. */
  look(functionId: string, payload: unknown, timeoutMs: number): Promise<unknown>;
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
  const nextId = (): string => `cli-${session}-${(calls += 1)}`;
  return {
    invoke: (functionId, payload, timeoutMs) => endpoint.invoke({ functionId, invocationId: nextId(), timeoutMs }, payload).result,
    look(functionId, payload, timeoutMs) {
      const traceparent = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-00`;
      return endpoint.invoke({ functionId, invocationId: nextId(), timeoutMs, trace: { traceparent } }, payload).result;
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
