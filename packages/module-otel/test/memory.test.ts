import { describe, it } from '@jest/globals';
import { recordMany } from './fixtures/many-spans.js';

describe('memory', () => {
  it('O1 stays under its cap through a million spans', () => recordMany(1_000_000), 120_000);
});
