import { setTimeout as sleep } from 'node:timers/promises';
import { http, step } from 'motia';
import { z } from 'zod';

const report = z.object({ year: z.number().int() });

// Answered at once with 202 and a status URL; made from the queue, with its retries.
export default step({ name: 'Report', triggers: [http('POST', '/reports', { bodySchema: report, respond: 'accepted' })] }, async (req, ctx) => {
  await sleep(1_000, undefined, { signal: ctx.signal });
  return { status: 200, body: { year: req.body.year, pages: 3 } };
});
