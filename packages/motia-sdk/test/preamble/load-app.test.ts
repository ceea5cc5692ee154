import { describe, expect, it } from '@jest/globals';
import { loadApp, type AppModules } from '../../src/preamble/load-app.js';

const good = { filePath: 'steps/good.step.ts', load: async () => ({ config: { name: 'good' } }) };
const throwing = { filePath: 'steps/throws.step.ts', load: () => Promise.reject(new TypeError('boom')) };
const broken = { filePath: 'steps/broken.step.ts', problems: [{ file: 'steps/broken.step.ts', line: 3, column: 7, cause: 'Expected ";"', lineText: 'x y' }] };
const app = (parts: Partial<AppModules>): AppModules => ({ mode: 'development', steps: [], streams: [], ...parts });

describe('loadApp', () => {
  it('hands on what loaded, and for the rest an error with file, line and cause', async () => {
    const loaded = await loadApp(app({ steps: [good, broken], streams: [throwing] }), {});
    expect(loaded.steps).toEqual([
      { filePath: good.filePath, module: { config: { name: 'good' } } },
      { filePath: broken.filePath, loadError: expect.objectContaining({ code: 'MOTIA_SDK_STEP_LOAD_FAILED', message: expect.stringContaining('steps/broken.step.ts:3:7: Expected ";"') }) },
    ]);
    expect(loaded.streams).toEqual([
      { filePath: throwing.filePath, loadError: expect.objectContaining({ code: 'MOTIA_SDK_STEP_LOAD_FAILED', message: expect.stringContaining('TypeError: boom'), cause: expect.any(TypeError) }) },
    ]);
  });

  it.each([
    ['in production', 'production', {}],
    ['E6 while an older generation is serving', 'development', { III_EXEC_RELOAD: '1' }],
  ] as const)('refuses to start with any failure %s, and lists all of them', async (_when, mode, env) => {
    const failure = loadApp(app({ mode, steps: [good, throwing], streams: [broken] }), env);
    await expect(failure).rejects.toMatchObject({ code: 'MOTIA_SDK_APP_LOAD_FAILED' });
    await expect(failure).rejects.toThrow(/throws\.step\.ts[^]*broken\.step\.ts/);
  });

  it('starts in production and at a reload when everything loads', async () => {
    expect((await loadApp(app({ mode: 'production', steps: [good] }), { III_EXEC_RELOAD: '1' })).steps).toHaveLength(1);
  });

  it('never starts without its config file', async () => {
    await expect(loadApp(app({ steps: [good], config: throwing }), {})).rejects.toMatchObject({ code: 'MOTIA_SDK_APP_LOAD_FAILED' });
    expect((await loadApp(app({ config: good }), {})).config).toEqual({ filePath: good.filePath, module: { config: { name: 'good' } } });
  });

  it('gives the exports of a CommonJS file their names, and leaves a default export beside others alone', async () => {
    const commonJs = { filePath: 'a.step.cjs', load: async () => ({ default: { config: 1 } }) };
    const withDefault = { filePath: 'b.step.ts', load: async () => ({ default: { config: 1 }, other: 2 }) };
    const instance = { filePath: 'c.step.ts', load: async () => ({ default: new Map() }) };
    const { steps } = await loadApp(app({ steps: [commonJs, withDefault, instance] }), {});
    expect(steps.map((step) => ('module' in step ? step.module : undefined))).toEqual([
      { config: 1, default: { config: 1 } },
      { default: { config: 1 }, other: 2 },
      { default: new Map() },
    ]);
  });
});
