import { describe, expect, it } from '@jest/globals';
import { MotiaError } from '@motia/engine-core/contract';
import { multipart } from './fixtures/multipart-form.js';
import { startRest, type Path } from './fixtures/start-rest.js';

const form = multipart([{ name: 'cover', filename: 'a.png', contentType: 'image/png', value: 'bytes' }]);
const givenUp = new MotiaError({ code: 'TEST_GIVEN_UP', message: 'nobody writes any more' });

describe.each<Path>(['listener', 'router'])('a body that needs a channel when none is left, through the %s', (via) => {
  it.each([
    ['a stream', { body: 'bytes', headers: { 'content-type': 'application/octet-stream' } }],
    ['a form with a file', { body: form.body, headers: { 'content-type': form.contentType } }],
  ])('%s is 503 with Retry-After, and served once there is room again', async (_what, request) => {
    await using rest = await startRest({ via, mode: 'production' });
    await rest.route('POST /take', () => ({ status: 200, body: 'taken' }));
    const writers = Array.from({ length: 10_000 }, () => rest.host.channels.openWriter(rest.host.channels.create().writer));
    const refused = await rest.call('POST /take', request);
    expect([refused.status, refused.headers['retry-after'], refused.json.error.code, refused.json.error.retryable]).toEqual([503, '1', 'MOTIA_ENGINE_CHANNELS_EXHAUSTED', true]);
    for (const writer of writers) writer.abort(givenUp);
    expect((await rest.call('POST /take', request)).status).toBe(200);
  });
});
