import { consoleErrors } from '../../errors.js';
import type { LiveHub } from '../../live/live-hub.js';
import { get, type ApiRoute } from '../api-route.js';
import { integer, text } from '../page-query.js';

const longestWaitMs = 25_000;

/** The live topics for those who cannot keep a socket open. */
export function liveRoutes(hub: LiveHub): readonly ApiRoute[] {
  return [
    get('/live/poll', ['topic', 'filter', 'epoch', 'seq', 'wait_ms'], async ({ query, signal }) => {
      const topic = text(query, 'topic', 512);
      if (topic === undefined) throw consoleErrors.QUERY_INVALID({ parameter: 'topic', reason: 'is missing: it names what to watch' });
      const epoch = text(query, 'epoch');
      const seq = integer(query, 'seq', 0);
      const waitMs = Math.min(integer(query, 'wait_ms', 0) ?? longestWaitMs, longestWaitMs);
      return { frames: await hub.poll({ topic, filter: text(query, 'filter'), since: epoch === undefined || seq === undefined ? undefined : { epoch, seq } }, waitMs, signal) };
    }),
  ];
}
