import { setTimeout as sleep } from 'node:timers/promises';
import { http, sse, step } from 'motia';

// A generator gives the events. A client that comes back says what it saw last.
export default step({ name: 'Countdown', triggers: [http('GET', '/countdown/:from', { produces: 'text/event-stream' })] }, (req) =>
  sse(req, async function* ({ lastEventId, signal }) {
    let left = lastEventId === undefined ? Number(req.pathParams.from) : Number(lastEventId) - 1;
    for (; left > 0; left -= 1) {
      yield { event: 'tick', id: left, data: { left } };
      await sleep(Number(req.queryParams['ms'] ?? 1000), undefined, { signal });
    }
    yield { event: 'liftoff', id: 0, data: {} };
  }),
);
