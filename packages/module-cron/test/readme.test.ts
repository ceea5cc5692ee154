import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { kvCronOptions } from '../src/adapters/kv-options.js';
import { defaultTimeoutMs, defaultWindowMs } from '../src/job-spec.js';
import { mostJobs } from '../src/job-book.js';
import { keptRuns } from '../src/program/claim.js';
import { scheduleKeys } from '../src/schedule-keys.js';
import { cronErrors, CronModule } from '../src/index.js';
import { cronVersion } from '../src/version.js';

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const readme = read('README.md');
const section = (title: string): string => new RegExp(`^## ${title}$([\\s\\S]*?)(?=^## )`, 'm').exec(readme)?.[1] ?? '';
const rows = (text: string): readonly string[] => [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name as string);

describe('the package', () => {
  it('has one version', () => expect((JSON.parse(read('package.json')) as { version: string }).version).toBe(cronVersion));

  it('lists every option of the module and its adapter, and no other', () => {
    const known = [CronModule.options.jsonSchema, kvCronOptions.jsonSchema].flatMap(({ properties }) => Object.keys(properties as object));
    expect(rows(section('Options'))).toEqual(known);
  });

  it('lists every key of a trigger, and no other', () => {
    const listed = rows(section('Triggers of type `cron`'));
    for (const key of Object.keys(scheduleKeys)) expect(listed.includes(key) || readme.includes(`\`${key}\``)).toBe(true);
    for (const key of listed) expect(Object.keys(scheduleKeys)).toContain(key);
  });

  it('lists every condition and every function', () => {
    for (const condition of Object.keys(cronErrors.$catalog)) expect(readme).toContain(`\`MOTIA_CRON_${condition}\``);
    for (const name of ['schedule', 'cancel', 'list', 'run_now', 'pause', 'resume', 'history', 'preview']) expect(section('Functions')).toContain(`\`cron::${name}\``);
  });

  it('states defaults and limits as they are', () => {
    expect(section('Triggers of type `cron`')).toContain(`| \`catch_up_window_ms\` | ${defaultWindowMs} |`);
    expect(section('Triggers of type `cron`')).toContain(`| \`timeout_ms\` | ${defaultTimeoutMs} |`);
    expect(readme).toContain(`${mostJobs.toLocaleString('en-US')} jobs per engine`);
    expect(readme).toContain(`the last ${keptRuns} runs of each job`);
  });
});
