import { describe, expect, it } from '@jest/globals';
import { StorePoolRef } from '@motia/engine-core/contract';
import { startTestHost } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import type { StoreInput } from '../src/index.js';
import { built } from './fixtures/built.js';
import { notesProgram } from './fixtures/notes-program.js';
import { failureOf } from './fixtures/open.js';
import { installProgram } from './fixtures/program-package.js';
import { storeProgram as counterProgram } from './fixtures/programs/counter-program.mjs';

const open = async (options: StoreInput = {}) => {
  const folder = temporaryFolder('store-thread');
  const host = await startTestHost([built.sqliteStore({ data_dir: folder.path, writer: 'thread', ...options })]);
  const store = await host.service(StorePoolRef).open({});
  return {
    folder, host, store,
    async [Symbol.asyncDispose]() {
      await host.stop();
      await folder.remove();
    },
  };
};

describe('the writer in a thread', () => {
  it('commits, answers, and queries see what was answered', async () => {
    await using test = await open();
    const counter = await test.store.open(counterProgram);
    const values = await Promise.all(Array.from({ length: 300 }, () => counter.run('add', { name: 'a', by: 1 })));
    expect(values).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
    expect(counter.query('get', 'a')).toBe(300);
    expect(test.host.logs.messages('debug').filter((message) => message.includes('thread of the engine'))).toEqual([]);
  });

  it('keeps nothing of a transaction that fails, and tells which command it was', async () => {
    await using test = await open();
    const counter = await test.store.open(counterProgram);
    const each: Promise<unknown>[] = [];
    const whole = test.store.transaction((tx) => {
      each.push(counter.run('add', { name: 'a', by: 1 }, { tx }), counter.run('fail', { coded: true }, { tx }));
    });
    expect(await failureOf(whole)).toMatchObject({ code: 'MOTIA_COUNTER_REFUSED' });
    expect((await Promise.all(each.map(failureOf))).map(({ code }) => code)).toEqual(['MOTIA_STORE_TX_ABORTED', 'MOTIA_COUNTER_REFUSED']);
    expect(counter.query('get', 'a')).toBeUndefined();
  });

  it('brings errors over whole: code, status, hint, details, stack and cause', async () => {
    await using test = await open();
    const counter = await test.store.open(counterProgram);
    const coded = await failureOf(counter.run('fail', { coded: true }));
    expect(coded).toMatchObject({ name: 'MotiaError', code: 'MOTIA_COUNTER_REFUSED', status: 409, retryable: true, hint: 'do not', details: { deep: { list: [1] } }, stack: expect.stringContaining('counter-program.mjs') });
    const plain = await failureOf(counter.run('fail', { coded: false }));
    expect(plain).toMatchObject({ code: 'MOTIA_STORE_COMMAND_FAILED', cause: { name: 'TypeError', message: 'no such thing', stack: expect.stringContaining('counter-program.mjs') } });
  });

  it('refuses an input that cannot be cloned, and runs the others of the turn in order', async () => {
    await using test = await open();
    const counter = await test.store.open(counterProgram);
    const [first, wrong, last] = [counter.run('add', { name: 'a', by: 1 }), failureOf(counter.run('add', { name: () => 'a', by: 1 })), counter.run('add', { name: 'a', by: 1 })];
    expect(await wrong).toMatchObject({ code: 'MOTIA_STORE_VALUE_INVALID' });
    expect(await Promise.all([first, last])).toEqual([1, 2]);
  });

  it('says so when an answer cannot be cloned', async () => {
    await using test = await open();
    const counter = await test.store.open(counterProgram);
    const [one, wrong] = [counter.run('add', { name: 'a', by: 1 }), failureOf(counter.run('unsendable', undefined))];
    expect(await one).toBe(1);
    expect(await wrong).toMatchObject({ code: 'MOTIA_STORE_VALUE_INVALID', message: expect.stringContaining('the change was made') });
  });

  it('that dies settles everything that waited, and the engine is unhealthy from then on', async () => {
    await using test = await open();
    const counter = await test.store.open(counterProgram);
    await counter.run('add', { name: 'a', by: 1 });
    const waiting = [counter.run('exit', undefined), counter.run('add', { name: 'a', by: 1 }), counter.run('add', { name: 'a', by: 1 })].map(failureOf);
    expect((await Promise.all(waiting)).map(({ code }) => code)).toEqual(Array.from({ length: 3 }, () => 'MOTIA_STORE_WRITER_LOST'));
    expect(await failureOf(counter.run('add', { name: 'a', by: 1 }))).toMatchObject({ code: 'MOTIA_STORE_WRITER_LOST' });
    expect(await failureOf(test.store.open({ ...counterProgram, name: 'another' }))).toMatchObject({ code: 'MOTIA_STORE_WRITER_LOST' });
    expect(test.host.health.report()).toMatchObject({ ready: false, components: { 'store-sqlite': { status: 'unhealthy', reason: expect.stringContaining('is gone') } } });
    expect(counter.query('get', 'a')).toBe(1);
  });

  it('is refused for a program that no thread can have, where only a thread will do', async () => {
    await using test = await open();
    expect(await failureOf(test.store.open(notesProgram))).toMatchObject({ code: 'MOTIA_STORE_WRITER_UNAVAILABLE', details: { reason: expect.stringContaining('is TypeScript') } });
  });

  it('gives way to the thread of the engine when a program cannot be had there, and nothing is lost', async () => {
    await using test = await open({ writer: 'auto' });
    const counter = await test.store.open(counterProgram);
    const before = Array.from({ length: 200 }, () => counter.run('add', { name: 'a', by: 1 }));
    const opening = test.store.open(notesProgram);
    const during = Array.from({ length: 200 }, () => counter.run('add', { name: 'a', by: 1 }));
    const notes = await opening;
    const after = counter.run('add', { name: 'a', by: 1 });
    await notes.run('add', { key: 'a', text: '' });
    expect(await Promise.all([...before, ...during, after])).toEqual(Array.from({ length: 401 }, (_, index) => index + 1));
    expect(test.host.logs.records.find(({ level, message }) => level === 'debug' && message.includes('thread of the engine'))?.fields).toMatchObject({ reason: expect.stringContaining('notes-program.ts is TypeScript') });
    expect([counter.query('get', 'a'), notes.query('keys', undefined)]).toEqual([401, ['a']]);
  });

  it('finishes what it has when the store is closed', async () => {
    const test = await open();
    const counter = await test.store.open(counterProgram);
    const last = Array.from({ length: 300 }, () => counter.run('add', { name: 'a', by: 1 }));
    await test[Symbol.asyncDispose]();
    expect(await last.at(-1)).toBe(300);
  });
});

describe('a program is found from the package that brings it', () => {
  const both = { './store-program': { import: './dist/program.js', require: './dist/program.cjs' } };

  it.each([
    ['built for import and for require', 'node_modules/@acme/a', both, { 'dist/program.js': 'esm', 'dist/program.cjs': 'cjs' }],
    ['nested in another package', 'node_modules/host/node_modules/@acme/a', both, { 'dist/program.js': 'esm', 'dist/program.cjs': 'cjs' }],
    ['built for import only', 'node_modules/@acme/a', { './store-program': { types: './x.d.ts', import: { node: './dist/program.js' } } }, { 'dist/program.js': 'esm' }],
    ['with one file for everything', 'node_modules/@acme/a', { './store-program': './dist/program.js' }, { 'dist/program.js': 'esm' }],
    ['that is no installed package but a project', 'project', both, { 'dist/program.js': 'esm', 'dist/program.cjs': 'cjs' }],
  ] as const)('%s', async (_, path, exports, files) => {
    await using test = await open();
    const handle = await test.store.open(installProgram({ folder: test.folder.file(path), name: '@acme/a', program: 'demo', exports, files }));
    expect(await handle.run('which', undefined)).toBe('demo');
  });

  it('and prefers the nested copy to the hoisted one', async () => {
    await using test = await open();
    const install = (path: string, program: string) => installProgram({ folder: test.folder.file(path), name: '@acme/a', program, exports: both, files: { 'dist/program.js': 'esm', 'dist/program.cjs': 'cjs' } });
    const [hoisted, nested] = [install('node_modules/@acme/a', 'hoisted'), install('node_modules/host/node_modules/@acme/a', 'nested')];
    expect(await (await test.store.open(nested)).run('which', undefined)).toBe('nested');
    expect(await (await test.store.open(hoisted)).run('which', undefined)).toBe('hoisted');
  });

  it.each([
    ['there is nothing of that name', { './other': './dist/program.js' }, 'esm', 'cannot be imported'],
    ['the file is missing', { './store-program': './dist/nothing.js' }, 'esm', 'cannot be imported'],
    ['it is another program', { './store-program': './dist/program.js' }, 'other', 'another version'],
  ] as const)('and when %s, the thread of the engine writes', async (_, exports, kind, reason) => {
    await using test = await open({ writer: 'auto' });
    const handle = await test.store.open(installProgram({ folder: test.folder.file('node_modules/@acme/a'), name: '@acme/a', program: 'demo', exports, files: { 'dist/program.js': kind } }));
    expect(await handle.run('which', undefined)).toBe('the thread of the engine');
    expect(test.host.logs.find('on the thread of the engine')?.fields).toMatchObject({ reason: expect.stringContaining(reason) });
  });
});
