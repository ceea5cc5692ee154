import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { BuiltinQueueAdapter, queueErrors, QueueModule } from '../src/index.js';
import { queueVersion } from '../src/version.js';
import { triggerSettingsSchema } from '../src/delivery/settings-schema.js';
import { openQueue } from './fixtures/open-queue.js';

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const readme = read('README.md');
const section = (title: string): string => new RegExp(`## ${title}([\\s\\S]*?)\\n## `).exec(readme)?.[1] ?? '';
const propertiesOf = (schema: unknown): readonly string[] => Object.keys((schema as { readonly properties: object }).properties);

describe('the package', () => {
  it('has one version', () => expect((JSON.parse(read('package.json')) as { version: string }).version).toBe(queueVersion));

  it('lists every option of the module, and no other', () => {
    const [table = ''] = section('Options').split('Delivery options.');
    const rows = [...table.matchAll(/^\| `(\w+)/gm)].map(([, option]) => option);
    expect(rows).toEqual(propertiesOf(QueueModule.options.jsonSchema));
  });

  it('lists every delivery option, and no other', () => {
    const table = section('Options').split('Delivery options.')[1]?.split('BuiltinQueueAdapter')[0] ?? '';
    const named = new Set([...table.matchAll(/`(\w+)`/g)].map(([, name]) => name as string));
    const written = propertiesOf(triggerSettingsSchema).filter((key) => !key.includes('_'));
    for (const key of [...written, 'dedupWindowMs', 'maxDepth', 'poll_interval_ms', 'backoff_ms']) expect([key, named.has(key)]).toEqual([key, true]);
    const rows = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, option]) => option as string);
    expect(rows.filter((row) => ![...written, 'dedupWindowMs', 'maxDepth', 'poll_interval_ms'].includes(row))).toEqual([]);
  });

  it('lists every option of the adapter', () => {
    const table = section('Options').split('BuiltinQueueAdapter`:')[1] ?? '';
    for (const key of propertiesOf(BuiltinQueueAdapter.options.jsonSchema)) expect([key, table.includes(`\`${key}\``)]).toEqual([key, true]);
  });

  it('lists every function', async () => {
    await using test = await openQueue();
    const own = test.host.functions.list({ includeInternal: true }).filter(({ owner, id }) => owner === 'queue' && !id.startsWith('test'));
    expect(own.length).toBeGreaterThan(20);
    for (const { id } of own) expect([id, readme.includes(`\`${id}\``)]).toEqual([id, true]);
  });

  it('lists every condition', () => {
    for (const condition of Object.keys(queueErrors.$catalog)) expect([condition, section('Errors').includes(`\`${condition}\``)]).toEqual([condition, true]);
  });
});
