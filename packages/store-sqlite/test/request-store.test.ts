import { describe, expect, it } from '@jest/globals';
import { defineAdapter, defineModule, StorePoolRef, type AdapterSlot, type StoreRequest } from '@motia/engine-core/contract';
import { defineOptions, noOptions } from '@motia/engine-core';
import { Type } from '@sinclair/typebox';
import { startTestHost, type TestHost } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { requestStore, SqliteStore, storePlaceOptions, type StorePlace } from '../src/index.js';
import { existsSync, writeFileSync } from 'node:fs';

const slot: AdapterSlot<{ readonly request: StoreRequest }> = { id: 'notes.store', capabilities: [], fallback: 'test::Notes' };
const Notes = defineAdapter({
  name: '@test/notes', version: '1.0.0', contract: 1, class: 'test::Notes', slot, capabilities: [], options: defineOptions(Type.Object(storePlaceOptions)), requires: { pool: StorePoolRef }, brings: [SqliteStore],
  create: async (ctx, options) => ({ service: { request: requestStore(ctx, options) } }),
});
/** A module that never asks for what its adapter expects: what is there after the start was opened by the store. */
const NotesModule = defineModule({
  name: '@test/notes', version: '1.0.0', contract: 1, class: 'test::NotesModule',
  options: defineOptions(Type.Object({ adapter: Type.Optional(Type.Object({ class: Type.String(), config: Type.Optional(Type.Unknown()) })) })),
  async create(ctx, { adapter }) {
    const { service } = await ctx.adapter(slot, adapter);
    return { services: {}, start: async () => void ctx.logger.info('asked for', { ...service.request }) };
  },
});
const requestOf = (host: TestHost): unknown => host.logs.records.find(({ message }) => message === 'asked for')?.fields ?? {};
const definitions = [Notes, NotesModule];

describe('where an adapter keeps its data', () => {
  const inFile = { store_method: 'file_based' } as const;
  it.each<readonly [StorePlace, unknown, unknown]>([
    [{}, {}, { durability: 'memory' }],
    [{ store_method: 'in_memory' }, { durability: 'memory' }, { durability: 'memory' }],
    [{ durability: 'memory' }, { durability: 'memory' }, { durability: 'memory' }],
    [{ ...inFile, durability: 'memory' }, { durability: 'memory' }, { durability: 'memory' }],
    [inFile, {}, {}],
    [{ file_path: './own' }, { directory: './own' }, { directory: './own' }],
    [{ durability: 'normal' }, { durability: 'normal' }, { durability: 'normal' }],
    [{ ...inFile, file_path: './own', durability: 'full' }, { directory: './own', durability: 'full' }, { directory: './own', durability: 'full' }],
    [{ store_method: 'in_memory', file_path: './own' }, { durability: 'memory' }, { durability: 'memory' }],
  ])('%j is %j in a config.yaml and %j in a program', async (config, fromFile, fromProgram) => {
    await using folder = temporaryFolder('place');
    const modules = [{ class: NotesModule.class, config: { adapter: { class: Notes.class, config } } }];
    writeFileSync(folder.file('config.yaml'), JSON.stringify({ modules }));
    {
      await using host = await startTestHost([], { config: folder.file('config.yaml'), definitions });
      expect(requestOf(host)).toEqual(fromFile);
    }
    await using host = await startTestHost([], { config: { modules }, baseDir: folder.path, definitions });
    expect(requestOf(host)).toEqual(fromProgram);
  });

  it('S4 that nothing is kept is said where a config.yaml set the engine up; options without effect are named', async () => {
    await using folder = temporaryFolder('place');
    writeFileSync(folder.file('config.yaml'), JSON.stringify({ modules: [{ class: NotesModule.class, config: { adapter: { class: Notes.class, config: { store_method: 'in_memory', file_path: './x', durability: 'full' } } } }] }));
    await using host = await startTestHost([], { config: folder.file('config.yaml'), definitions });
    expect(host.logs.messages('warn')).toEqual([expect.stringContaining('file_path and durability have no effect'), expect.stringContaining('gone when the engine stops')]);
    await using program = await startTestHost([{ definition: NotesModule }], { definitions });
    expect(program.logs.messages('warn')).toEqual([]);
  });
});

describe('a store that an adapter expects', () => {
  it('is opened before modules that stand in front of it start, and ends the start when it cannot be', async () => {
    await using folder = temporaryFolder('place');
    const started: string[] = [];
    const Listener = defineModule({
      name: '@test/listener', version: '1.0.0', contract: 1, class: 'test::Listener', options: noOptions,
      create: async () => ({ services: {}, start: async () => void started.push(existsSync(folder.file('data', 'motia.db')) ? 'after' : 'before') }),
    });
    const uses = [{ definition: Listener }, { definition: NotesModule, options: { adapter: { class: Notes.class, config: { store_method: 'file_based' } } } }];
    {
      await using _host = await startTestHost(uses, { baseDir: folder.path, definitions });
      expect(started).toEqual(['after']);
    }
    writeFileSync(folder.file('data', 'motia.db'), 'not a database');
    await expect(startTestHost(uses, { baseDir: folder.path, definitions })).rejects.toMatchObject({ details: { codes: ['MOTIA_STORE_UNREADABLE'] } });
    expect(started).toEqual(['after']);
  });
});
