import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import type { MotiaError } from '@motia/engine-core/contract';
import { ManualClock } from '@motia/engine-core/testing';
import { BodyPump, type PumpOptions } from '../src/body-pump.js';

const stallTimeoutMs = 1_000;

/** A pump of a request whose bytes the test sends. */
function startPump(encoding: PumpOptions['encoding']) {
  const clock = new ManualClock();
  const request = Object.assign(new PassThrough(), { headers: {}, socket: {}, complete: false });
  let delivered = 0;
  const done = new Promise<MotiaError | undefined>((resolve) => {
    const pump = new BodyPump(request as unknown as IncomingMessage, { encoding, limitBytes: 100_000_000, stallTimeoutMs, clock }, (chunk) => void (delivered += chunk.length), resolve);
    pump.start();
  });
  return { clock, request, done, delivered: () => delivered };
}

describe('BodyPump', () => {
  it('#53 gives up on a client that sends nothing for the time', async () => {
    const { clock, request, done } = startPump('identity');
    request.write('some');
    await new Promise(setImmediate);
    await clock.advance(stallTimeoutMs * 2);
    expect((await done)?.code).toBe('MOTIA_REST_REQUEST_TIMEOUT');
  });

  it('does not blame a client that has sent everything for the time that decompression takes', async () => {
    const { clock, request, done, delivered } = startPump('gzip');
    // Compressed, less than the decompressor takes in one go.
    const inflatedBytes = 10_000_000;
    request.complete = true;
    request.end(gzipSync(Buffer.alloc(inflatedBytes)));
    await new Promise((resolve) => request.once('end', resolve));
    await clock.advance(stallTimeoutMs * 5);
    expect(delivered()).toBeLessThan(inflatedBytes);
    expect([await done, delivered()]).toEqual([undefined, inflatedBytes]);
  });
});
