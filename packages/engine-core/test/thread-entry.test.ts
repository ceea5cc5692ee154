import { describe, expect, it } from '@jest/globals';
import { isThreadEntry } from '../src/system/thread-entry.js';

describe('the file of a thread', () => {
  it('is one only where there is a file', () => {
    const here = new URL(import.meta.url);
    expect([here, new URL('./no-such-thread.js', here), new URL('https://example.com/writer-thread.js')].map(isThreadEntry)).toEqual([true, false, false]);
  });
});
