import { createEndpoint, createMemoryTransportPair } from '../src/index.js';
import type { Endpoint, EndpointEvents, EndpointLimits, Transport } from '../src/index.js';

export interface PairOptions {
  readonly limits?: Partial<EndpointLimits>;
  readonly events?: EndpointEvents;
}

/** An engine and a worker over memory, not listening yet. */
export function connectedPair(engine: PairOptions = {}, worker: PairOptions = {}): { engine: Endpoint; worker: Endpoint } {
  const [left, right] = createMemoryTransportPair();
  return { engine: createEndpoint(left, { role: 'engine', ...engine }), worker: createEndpoint(right, { role: 'worker', ...worker }) };
}

/** One endpoint, and its peer's end of the pipe as bytes. */
export function endpointWithWire(options: PairOptions & { readonly role?: 'engine' | 'worker' } = {}): { endpoint: Endpoint; wire: Transport; send(message: unknown): void; sent: unknown[]; nextSent(): Promise<unknown> } {
  const [left, wire] = createMemoryTransportPair();
  const endpoint = createEndpoint(left, { role: 'engine', ...options });
  const sent: unknown[] = [];
  const waiting: ((message: unknown) => void)[] = [];
  wire.onData((chunk) => {
    for (const body of Buffer.from(chunk).toString().split(/Content-Length: \d+\r\n\r\n/).slice(1)) {
      const message = JSON.parse(body) as unknown;
      const waiter = waiting.shift();
      if (waiter === undefined) sent.push(message);
      else waiter(message);
    }
  });
  return {
    endpoint,
    wire,
    sent,
    send(message) {
      const body = typeof message === 'string' ? message : JSON.stringify(message);
      wire.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    },
    nextSent: () => (sent.length > 0 ? Promise.resolve(sent.shift()) : new Promise((resolve) => waiting.push(resolve))),
  };
}

export const invocation = (functionId: string) => ({ functionId, invocationId: 'i1' });
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** Waits turn by turn; the test's own timeout ends a wait that is in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}
