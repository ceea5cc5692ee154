import { describe, expect, it } from '@jest/globals';
import { embed } from '../src/embed/index.js';
import { defineRef } from '../src/contract/index.js';
import { leakCheck, memoryLogger } from '../src/testing/index.js';
import { recorder } from './fixtures/plugins/recorder.js';

const counter = defineRef<{ next(): number }>('test.counter');

describe('embed', () => {
  it('runs one module inside any program, started, and hands over what it provides', async () => {
    const events: string[] = [];
    let count = 0;
    let embeddedFlag: boolean | undefined;
    const definition = recorder(events)('counter', {
      provides: { counter }, services: { counter: { next: () => (count += 1) } }, onCreate: (context) => void (embeddedFlag = context.engine.embedded),
    });
    const embedded = await embed(definition, { port: 1 }, { logger: memoryLogger() });
    expect((embedded.services as { counter: { next(): number } }).counter.next()).toBe(1);
    expect(embedded.engine.service(counter).next()).toBe(2);
    embedded.functions.register({ id: 'fn' }, () => 'answer');
    expect(await embedded.functions.invoke('fn', {})).toBe('answer');
    await embedded.stop();
    expect([events, embeddedFlag]).toEqual([['create counter', 'start counter', 'drain counter', 'stop counter'], true]);
  });

  it('installs no signal handler and leaves nothing behind', async () => {
    const check = await leakCheck();
    const embedded = await embed(recorder([])('quiet'));
    expect(check.listeners()).toEqual([]);
    await embedded.stop();
    expect(await check.leaks()).toEqual([]);
  });

  it('takes the modules that the embedded one needs', async () => {
    const module = recorder([]);
    const definition = module('user', { requires: { counter } });
    await expect(embed(definition)).rejects.toMatchObject({ code: 'MOTIA_ENGINE_SERVICE_MISSING' });
    await using embedded = await embed(definition, undefined, { modules: [{ definition: module('counter', { provides: { counter }, services: { counter: { next: () => 1 } } }) }] });
    expect(embedded.engine.state).toBe('ready');
  });

  it('refuses wrong options before anything is created', async () => {
    const events: string[] = [];
    await expect(embed(recorder(events)('web'), { prot: 1 })).rejects.toMatchObject({ code: 'MOTIA_ENGINE_CONFIG_INVALID', message: expect.stringContaining('did you mean "port"?') });
    expect(events).toEqual([]);
  });
});
