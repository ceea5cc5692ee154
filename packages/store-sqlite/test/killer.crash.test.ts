import { describe, it } from '@jest/globals';
import { killEngines } from './fixtures/kill-engines.js';

// Every third batch writes the log back, so that kills meet checkpoints too (#7).
const tinyLog = { checkpoint_pages: 8 };

describe('Q1 S4 nothing acknowledged is lost, nothing half is kept, when engines are killed while they write', () => {
  it('#1 #2 #6 #7 in a thread of their own, with a log that is written back all the time', () => killEngines({ writer: 'thread', ...tinyLog }, 14), 120_000);
  it('#1 #2 #6 #7 on the thread of the engine', () => killEngines({ writer: 'inline', ...tinyLog }, 13), 120_000);
  it('#1 #2 #6 with durability normal', () => killEngines({ writer: 'thread', durability: 'normal' }, 13), 120_000);
});
