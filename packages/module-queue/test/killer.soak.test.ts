import { describe, it } from '@jest/globals';
import { killQueues } from './fixtures/kill-queues.js';

describe('Q1 Q2 Q8 Q10 nothing accepted is lost, made up or out of order, over hundreds of kills', () => {
  it('of engines', () => killQueues({ kills: 60, killsWorkers: false }), 400_000);
  it('of engines and worker processes', () => killQueues({ kills: 150, killsWorkers: true }), 900_000);
});
