import type { AnswerOf } from '@motia/console/contract';
import { get, post } from '../../src/api/api-route.js';
import type { Sendable } from '../../src/api/sendable.js';

const paused = { job_id: 'a', is_paused: true };
const traceId = '0'.repeat(32);

get('/crons/:id', [], async () => undefined as unknown as Sendable<AnswerOf<'GET /crons/:id'>>);
post('/crons/:id/pause', async () => ({ result: paused, traceId }));
// @ts-expect-error a change names the trace that it made
post('/crons/:id/pause', async () => ({ result: paused }));
// @ts-expect-error not what the path answers
post('/crons/:id/pause', async () => ({ result: { job_id: 'a', is_paused: 'yes' }, traceId }));
// @ts-expect-error no path of the contract
get('/crons/:id/everything', [], async () => ({}));
// @ts-expect-error changes are no looks
get('/crons/:id/pause', [], async () => ({ result: paused, traceId }));

// Members that JSON leaves out may be undefined; those that are promised may not.
get('/streams/:stream/:group/items/:item', [], async () => ({ value: undefined }));
// @ts-expect-error a promised member
get('/state/groups', [], async () => ({ items: [], nextCursor: undefined }));
