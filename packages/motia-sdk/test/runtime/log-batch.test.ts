import { describe, expect, it } from '@jest/globals';
import type { Endpoint, LogEntry } from '@motia/protocol';
import { LogBatch } from '../../src/runtime/log-batch.js';

const frameLimit = 16 * 1024 * 1024;
const entry = (message: string, data?: unknown): LogEntry => ({ level: 'info', message, timestamp: 0, source: 'logger', ...(data === undefined ? {} : { data }) });

/** An endpoint that refuses what is too large for one frame, as the real one does. */
function endpointOf(bufferedBytes = 0) {
  const sent: { readonly entries: readonly LogEntry[]; readonly dropped?: number }[] = [];
  const endpoint = {
    bufferedBytes,
    notify: (_method: string, params: { readonly entries: readonly LogEntry[]; readonly dropped?: number }) => {
      if (JSON.stringify(params).length > frameLimit) throw new Error('MOTIA_PROTOCOL_FRAME_TOO_LARGE');
      sent.push(params);
    },
  };
  return { endpoint, batch: new LogBatch(endpoint as unknown as Endpoint), sent };
}

describe('a batch of log entries', () => {
  it('loses none for the size of their data, however much one turn writes', () => {
    const { batch, sent } = endpointOf();
    for (let n = 0; n < 300; n += 1) batch.add(entry('large', { rows: Array.from({ length: 10 }, () => 'x'.repeat(10_000)) }));
    batch.add(entry('small'));
    batch.flush();
    expect(sent.flatMap(({ entries }) => entries)).toHaveLength(301);
    expect(sent.every(({ dropped }) => dropped === undefined)).toBe(true);
  });

  it('drops and counts what the engine is too slow to take', () => {
    const { endpoint, batch, sent } = endpointOf();
    batch.add(entry('first'));
    endpoint.bufferedBytes = 5 * 1024 * 1024;
    batch.add(entry('lost'));
    endpoint.bufferedBytes = 0;
    batch.flush();
    expect(sent).toMatchObject([{ entries: [{ message: 'first' }], dropped: 1 }]);
  });
});
