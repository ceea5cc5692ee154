import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { embed } from '@motia/engine-core/embed';
import { maxFailureRetries, maxLosses } from '@motia/store-sqlite/outbox';
import { KvStore, StateModule, stateErrors } from '../src/index.js';
import { maxNameBytes } from '../src/requests.js';
import { stateFunctions } from '../src/state-functions.js';
import { maxTriggerDepth } from '../src/state-operations.js';
import { stateVersion } from '../src/version.js';

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const readme = read('README.md');
interface Schema {
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
}

describe('the package', () => {
  it('has one version', () => expect((JSON.parse(read('package.json')) as { version: string }).version).toBe(stateVersion));

  it('lists every option and no other, with the default that it has', () => {
    const section = /## Options([\s\S]*?)\n## /.exec(readme)?.[1] ?? '';
    const rows = [...section.matchAll(/^\| `([\w.]+)` \| (.*?) \|/gm)].map(([, option, value]) => [option, value] as const);
    const optionsOf = (schema: Schema, prefix = ''): (readonly [string, Schema])[] => Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => (inner.properties === undefined || key === 'adapter' ? [[prefix + key, inner] as const] : optionsOf(inner, `${prefix}${key}.`)));
    const options = [...optionsOf(StateModule.options.jsonSchema), ...optionsOf(KvStore.options.jsonSchema)];
    expect(rows.map(([option]) => option)).toEqual(options.map(([option]) => option));
    for (const [option, schema] of options) if (schema.default !== undefined) expect([option, rows.find(([row]) => row === option)?.[1]]).toEqual([option, `\`${JSON.stringify(schema.default)}\``]);
  });

  it('lists every function and condition', () => {
    for (const { spec } of stateFunctions) expect(readme).toContain(`| \`${spec.id}\` |`);
    for (const condition of Object.keys(stateErrors.$catalog)) expect(readme).toContain(`\`MOTIA_STATE_${condition}\``);
  });

  it('states the limits as they are', () => {
    expect(readme).toContain(`texts of 1 to ${maxNameBytes} bytes`);
    expect(readme).toContain(`ends ${maxTriggerDepth} deep`);
    expect([maxFailureRetries + 1, maxLosses]).toEqual([4, 10]);
    expect(readme).toContain('tried four times in all');
    expect(readme).toContain('over which ten processes were lost');
  });

  it('works alone in any service, in memory unless it is told where', async () => {
    await using app = await embed(StateModule, {});
    await app.services.state.set('orders', 'o-1', { items: 0 });
    expect(await app.services.state.update('orders', 'o-1', [{ type: 'increment', path: 'items', by: 1 }])).toEqual({ oldValue: { items: 0 }, newValue: { items: 1 }, hadValue: true, version: 2 });
    expect(await app.services.state.get('orders', 'o-1')).toMatchObject({ scope: 'orders', key: 'o-1', value: { items: 1 }, version: 2 });
    expect(await app.services.state.delete('orders', 'o-1', { ifVersion: 2 })).toMatchObject({ value: { items: 1 } });
    expect(await app.services.state.get('orders', 'o-1')).toBeUndefined();
    await expect(app.services.state.set('orders', '', 1)).rejects.toMatchObject({ code: 'MOTIA_STATE_INVALID_KEY' });
    await expect(app.services.state.set('orders', 'o', 1, { ttlMs: -1 })).rejects.toMatchObject({ code: 'MOTIA_STATE_INVALID_OPTION' });
  });
});
