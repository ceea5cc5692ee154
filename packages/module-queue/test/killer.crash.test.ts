import { describe, it } from '@jest/globals';
import { killQueues } from './fixtures/kill-queues.js';

describe('Q1 Q2 Q8 Q10 nothing accepted is lost, made up or out of order', () => {
  it('#1 #2 #3 #4 when engines are killed', () => killQueues({ kills: 15, killsWorkers: false }), 180_000);
  it('#3 #4 #25 when engines and worker processes are killed', () => killQueues({ kills: 25, killsWorkers: true }), 240_000);
});
