import { spawnSync } from 'node:child_process';
import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it, jest } from '@jest/globals';
import type { TemporaryFolder } from '@motia/tools/testing';
import { installedApp } from '../launcher/scripted-engine.js';

// Each test starts several processes, on machines that may be busy.
jest.setTimeout(30_000);

/** Runs `motia` as a person would: no engine around it. */
function motia(app: TemporaryFolder, args: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const { III_ENGINE_PID: _pid, III_IPC_FDS: _fds, ...clean } = process.env;
  return spawnSync(app.file('node_modules/.bin/motia'), args, { cwd: app.path, encoding: 'utf8', env: clean });
}

/** An `@motia/engine` that says how it was run and answers exit code 7. */
function installEngine(app: TemporaryFolder, source = 'export const runEngine = async (run) => (console.log(JSON.stringify(run)), 7);'): void {
  mkdirSync(app.file('node_modules/@motia/engine/dist'), { recursive: true });
  const exports = { '.': { import: { types: './dist/index.d.ts', default: './dist/index.js' } }, './package.json': './package.json' };
  writeFileSync(app.file('node_modules/@motia/engine/package.json'), JSON.stringify({ name: '@motia/engine', version: '9.9.9', type: 'module', exports }));
  writeFileSync(app.file('node_modules/@motia/engine/dist/index.js'), source);
}

describe('Outside any engine', () => {
  it('motia dev runs the engine installed beside the app, with the standard modules and itself as the watched process', async () => {
    await using app = installedApp();
    installEngine(app);
    const { status, stdout } = motia(app, ['dev']);
    expect(status).toBe(7);
    const run = JSON.parse(stdout) as { fallbackExec: { exec: string[]; watch: string[] } };
    expect(run).toEqual({ cwd: app.path, mode: 'development', fallbackExec: { exec: ['motia dev'], watch: expect.arrayContaining([expect.stringContaining('steps')]) } });
  });

  it('has the engine run this same copy when another one, or none, is installed in the app', async () => {
    await using app = installedApp();
    installEngine(app);
    const script = realpathSync(app.file('node_modules/.bin/motia'));
    rmSync(app.file('node_modules/.bin/motia'));
    const { III_ENGINE_PID: _pid, ...clean } = process.env;
    const { stdout } = spawnSync(process.execPath, [script, 'dev'], { cwd: app.path, encoding: 'utf8', env: clean });
    const [command] = (JSON.parse(stdout) as { fallbackExec: { exec: [string] } }).fallbackExec.exec;
    expect(command).toBe(`${process.execPath} ${script} dev`);
    expect(spawnSync('sh', ['-c', command], { cwd: app.path, env: { ...clean, III_ENGINE_PID: '1', MOTIA_EXEC_LAST: '0' } }).status).toBe(0);
  });

  it('motia dev uses config.yaml, or the file that it was told to use', async () => {
    await using app = installedApp();
    installEngine(app);
    writeFileSync(app.file('config.yaml'), 'modules: []\n');
    writeFileSync(app.file('other.yaml'), 'modules: []\n');
    expect(JSON.parse(motia(app, ['dev']).stdout)).toMatchObject({ configFile: app.file('config.yaml') });
    expect(JSON.parse(motia(app, ['dev', '-c', 'other.yaml']).stdout)).toMatchObject({ configFile: app.file('other.yaml') });
  });

  it('motia dev refuses a configuration file that is not there', async () => {
    await using app = installedApp();
    installEngine(app);
    expect(motia(app, ['dev', '--config', 'nope.yaml'])).toMatchObject({ status: 64, stdout: '', stderr: expect.stringContaining(app.file('nope.yaml')) });
  });

  it('motia start runs the engine for production once there is a bundle', async () => {
    await using app = installedApp();
    installEngine(app);
    expect(motia(app, ['start'])).toMatchObject({ status: 1, stderr: expect.stringMatching(/MOTIA_SDK_BUNDLE_MISSING[^]*motia build/) });
    expect(motia(app, ['build']).status).toBe(0);
    const { status, stdout } = motia(app, ['start']);
    expect(status).toBe(7);
    expect(JSON.parse(stdout)).toEqual({ cwd: app.path, mode: 'production', fallbackExec: { exec: ['motia start'] } });
  });

  it('says how to install the engine when it is missing, or too old for this motia', async () => {
    await using app = installedApp();
    expect(motia(app, ['dev'])).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(/MOTIA_SDK_ENGINE_NOT_INSTALLED[^]*npm i @motia\/engine/) });
    installEngine(app, 'export const version = 1;');
    expect(motia(app, ['dev'])).toMatchObject({ status: 1, stderr: expect.stringMatching(/MOTIA_SDK_ENGINE_INCOMPATIBLE: @motia\/engine 9\.9\.9[^]*npm i motia@latest @motia\/engine@latest/) });
  });
});
