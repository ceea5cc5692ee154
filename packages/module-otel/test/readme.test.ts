import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CONTRACT_VERSION } from '@motia/engine-core/contract';
import { otelOptions } from '../src/options.js';
import { otelVersion } from '../src/version.js';
import { startOtel } from './fixtures/start-otel.js';

const file = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

describe('the README', () => {
  it('names every option in its table, and no other', () => {
    const table = /## Options\n([^]*?)\n\n/.exec(file('README.md').replace('## Options\n\n', '## Options\n'))![1]!;
    const named = [...table.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name));
    expect(named.sort()).toEqual(Object.keys(otelOptions.jsonSchema['properties'] as object).sort());
  });

  it('names every function that the module registers', async () => {
    await using otel = await startOtel();
    const own = otel.host.functions.list({ includeInternal: true }).filter(({ owner }) => owner === 'otel').map(({ id }) => id);
    expect(own.length).toBeGreaterThan(10);
    const readme = file('README.md').replaceAll('`set`', '`engine::baggage::set`').replaceAll('`get_all`', '`engine::baggage::get_all`');
    expect(own.filter((id) => !readme.includes(`\`${id}\``))).toEqual([]);
  });

  it('names its version and contract', () => {
    expect((JSON.parse(file('package.json')) as { version: string }).version).toBe(otelVersion);
    expect(file('README.md')).toContain(`| ${otelVersion} | ${String(CONTRACT_VERSION)} |`);
  });
});
