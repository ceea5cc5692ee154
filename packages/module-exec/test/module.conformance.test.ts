import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { moduleConformance } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { ExecModule, execErrors } from '../src/index.js';
import { node } from './support/programs.js';
import { version } from '../src/version.js';

const folder = temporaryFolder('exec-conformance');

moduleConformance(
  { describe, it, expect },
  {
    definition: ExecModule,
    options: () => ({ exec: [[...node('worker')]], watch: ['*.txt'], cwd: folder.path, runtime_dir: folder.file('run'), stop_grace_ms: 500 }),
    invalid: [
      { options: {}, pointer: '/exec' },
      { options: { exec: [] }, pointer: '/exec' },
      { options: { exec: 'node app.js' }, pointer: '/exec' },
      { options: { exec: ['node app.js'], replicas: 0 }, pointer: '/replicas' },
      { options: { exec: ['node app.js'], umask: '999' }, pointer: '/umask' },
      { options: { exec: ['node app.js'], watch: 'src' }, pointer: '/watch' },
    ],
    works: async (host) => {
      expect(await host.functions.invoke('test::echo', 1)).toMatchObject({ payload: 1 });
    },
  },
);

describe('the package', () => {
  it('removes its folder', async () => {
    await folder.remove();
  });

  it('knows its version', () => {
    const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
    expect(version).toBe(manifest.version);
  });

  it('has a remedy and a message of one sentence for every error', () => {
    for (const [condition, entry] of Object.entries(execErrors.$catalog)) {
      expect([condition, (entry as { remedy: string }).remedy.length > 20]).toEqual([condition, true]);
    }
  });

  it('has the defaults that its documentation states', () => {
    expect(ExecModule.options.parse({ exec: ['x'] })).toEqual({
      exec: ['x'], umask: '022', replicas: 1, protocol: 'auto', handshake_timeout_ms: 10_000, heartbeat_interval_ms: 5_000, command_timeout_ms: 300_000,
      debounce_ms: 150, memory_limit_mb: 0, memory_check_interval_ms: 5_000, restart_delay_ms: 250, restart_delay_max_ms: 30_000,
      restart_reset_ms: 10_000, restart_max_crashes: 5, restart_window_ms: 60_000, output_lines_per_second: 1_000,
    });
  });
});
