import { describe, it } from '@jest/globals';
import { killEngines } from './fixtures/kill-engines.js';

describe('Q1 S4 nothing acknowledged is lost, nothing half is kept, over hundreds of kills', () => {
  it('in a thread of their own', () => killEngines({ writer: 'thread' }, 60), 400_000);
  it('in a thread of their own, with a log that is written back all the time', () => killEngines({ writer: 'thread', checkpoint_pages: 8 }, 60), 400_000);
  it('on the thread of the engine, with a log that is written back all the time', () => killEngines({ writer: 'inline', checkpoint_pages: 8 }, 60), 400_000);
  it('with durability normal', () => killEngines({ writer: 'thread', durability: 'normal' }, 30), 400_000);
});
