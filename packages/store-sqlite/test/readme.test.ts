import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { SqliteStore } from '../src/index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const rows = new Map([...readme.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, option, stated]) => [option as string, (stated as string).trim()]));
const properties = SqliteStore.options.jsonSchema['properties'] as Record<string, { readonly default?: unknown }>;

describe('README', () => {
  it('lists every option and no other', () => {
    expect([...rows.keys()].toSorted()).toEqual(Object.keys(properties).toSorted());
  });

  it('states the defaults', () => {
    for (const [option, { default: value }] of Object.entries(properties)) expect([option, rows.get(option)]).toEqual([option, value === undefined ? 'none' : `\`${String(value)}\``]);
  });
});
