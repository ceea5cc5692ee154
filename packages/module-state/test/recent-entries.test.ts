import { describe, expect, it } from '@jest/globals';
import { RecentEntries } from '../src/adapters/recent-entries.js';
import type { StoredEntry } from '../src/state-store.js';

const entry = (version: number, expiresAtMs?: number): StoredEntry => ({ key: 'k', json: String(version), version, updatedAtMs: 1, ...(expiresAtMs === undefined ? {} : { expiresAtMs }) });

describe('S1 entries at hand', () => {
  it('are not answered while they are changed, and then are what the last change left', () => {
    const recent = new RecentEntries();
    recent.add('s', entry(1));
    expect(recent.get('s', 'k', 1)).toMatchObject({ version: 1 });
    const changing = recent.begin('s', 'k');
    expect(recent.begin('s', 'k')).toBe(changing);
    expect(recent.get('s', 'k', 1)).toBeUndefined();
    recent.end(changing, entry(2));
    expect(recent.get('s', 'k', 1)).toBeUndefined();
    // Read from the store meanwhile: it may be older than what is committed next.
    recent.add('s', entry(2));
    expect(recent.get('s', 'k', 1)).toBeUndefined();
    recent.end(changing, entry(3));
    expect(recent.get('s', 'k', 1)).toMatchObject({ version: 3 });
  });

  it('are forgotten after a change that failed, or took them away', () => {
    const recent = new RecentEntries();
    recent.add('s', entry(1));
    recent.end(recent.begin('s', 'k'), undefined);
    expect(recent.get('s', 'k', 1)).toBeUndefined();
  });

  it('end with their time, and none outlives a sweep', async () => {
    const recent = new RecentEntries();
    recent.add('s', entry(1, 100));
    expect([recent.get('s', 'k', 99)?.version, recent.get('s', 'k', 100)]).toEqual([1, undefined]);
    await recent.during(async () => recent.add('s', entry(1, 100)));
    // Although the clock was set back.
    expect(recent.get('s', 'k', 50)).toBeUndefined();
  });

  it('of two scopes are two', () => {
    const recent = new RecentEntries();
    recent.add('s', entry(1));
    expect(recent.get('t', 'k', 1)).toBeUndefined();
  });
});
