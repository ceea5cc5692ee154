import { describe, it } from '@jest/globals';
import { recordMany } from './fixtures/many-spans.js';

describe('memory', () => {
  it('O1 stays under its cap through ten million spans', () => recordMany(10_000_000), 600_000);
});
