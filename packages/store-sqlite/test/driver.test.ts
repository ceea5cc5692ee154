import { describe, expect, it } from '@jest/globals';
import { openDatabase, whyNotLoaded } from '../src/sql/driver.js';

describe('the driver', () => {
  it('opens a database', () => {
    const db = openDatabase(':memory:', {});
    expect(db.open).toBe(true);
    db.close();
  });

  it('tells a native part that is missing or of another Node from every other fault', () => {
    expect(whyNotLoaded(new Error('Could not locate the bindings file. Tried:\n → /app/build/better_sqlite3.node'))).toBe('it was installed without being built');
    expect(whyNotLoaded(Object.assign(new Error('The module was compiled against a different Node.js version\nusing NODE_MODULE_VERSION 127.'), { code: 'ERR_DLOPEN_FAILED' }))).toBe('The module was compiled against a different Node.js version');
    expect(whyNotLoaded(Object.assign(new Error('unable to open database file'), { code: 'SQLITE_CANTOPEN' }))).toBeUndefined();
    expect(whyNotLoaded('text')).toBeUndefined();
  });

  it('lets faults of a file through as they are', () => {
    expect(() => openDatabase('/nowhere/at/all.db', {})).toThrow('directory does not exist');
  });
});
