import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { pubsubErrors, PubSubModule } from '../src/index.js';
import { pubsubVersion } from '../src/version.js';
import { mostInFlight } from '../src/deliveries.js';
import { longestTopic } from '../src/topic.js';

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const readme = read('README.md');

describe('the package', () => {
  it('has one version', () => expect((JSON.parse(read('package.json')) as { version: string }).version).toBe(pubsubVersion));

  it('lists every option and no other', () => {
    const section = /## Options([\s\S]*?)\n## /.exec(readme)?.[1] ?? '';
    const rows = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, option]) => option);
    expect(rows).toEqual(Object.keys(PubSubModule.options.jsonSchema['properties'] as object));
  });

  it('lists every condition', () => {
    for (const condition of Object.keys(pubsubErrors.$catalog)) expect(readme).toContain(`\`MOTIA_PUBSUB_${condition}\``);
  });

  it('states the limits as they are', () => {
    expect(readme).toContain(`${mostInFlight.toLocaleString('en-US')} runs of one`);
    expect(readme).toContain(`1 to ${longestTopic} characters`);
  });
});
