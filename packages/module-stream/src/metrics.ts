import type { Meter } from '@motia/engine-core/contract';
import type { DeliveryCounters } from './delivery/outlet.js';
import type { Connections } from './gateway/connections.js';

/** Numbers about clients and what they are sent. Read when somebody collects. */
export function registerMetrics(meter: Meter, connections: Connections, counters: DeliveryCounters): { dispose(): void } {
  const registrations = [
    meter.gauge('iii.stream.connections', () => connections.size, { description: 'Clients that are connected.', unit: '{connection}' }),
    meter.gauge('iii.stream.subscriptions', () => connections.subscriptions, { description: 'Subscriptions of all clients.', unit: '{subscription}' }),
    meter.gauge('iii.stream.deliveries', () => counters.delivered, { description: 'Writings to clients since the start; events that come together are one.', unit: '{delivery}' }),
    meter.gauge('iii.stream.slow_readers', () => counters.slowed, { description: 'Times since the start that a client fell behind.', unit: '{time}' }),
    meter.gauge('iii.stream.slow_closed', () => counters.closedSlow, { description: 'Clients closed since the start because they were too slow.', unit: '{connection}' }),
    meter.gauge('iii.stream.messages_dropped', () => counters.dropped, { description: 'Messages since the start that slow clients did not get.', unit: '{message}' }),
  ];
  return {
    dispose() {
      for (const registration of registrations) registration.dispose();
    },
  };
}
