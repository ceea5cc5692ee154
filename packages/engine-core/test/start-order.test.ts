import { describe, expect, it } from '@jest/globals';
import { startOrder, type OrderedModule } from '../src/host/start-order.js';

const module = (id: string, links: Partial<Omit<OrderedModule, 'id'>> = {}): OrderedModule => ({ id, definition: id, requires: [], optional: [], provides: [], ...links });
const ids = (modules: readonly OrderedModule[]): readonly string[] => startOrder(modules).map(({ id }) => id);
const codeOf = (modules: readonly OrderedModule[]): unknown => {
  try {
    startOrder(modules);
  } catch (error) {
    return { code: (error as { code: string }).code, message: (error as Error).message };
  }
  return undefined;
};

describe('startOrder', () => {
  it('keeps the order given where nothing is said', () => {
    expect(ids([module('c'), module('a'), module('b')])).toEqual(['c', 'a', 'b']);
  });

  it('puts modules that start last behind all others, unless one of those needs them', () => {
    expect(ids([module('exec', { startsLast: true }), module('rest'), module('queue')])).toEqual(['rest', 'queue', 'exec']);
    expect(ids([module('exec', { startsLast: true, provides: ['p'] }), module('rest'), module('panel', { requires: ['p'] })])).toEqual(['rest', 'exec', 'panel']);
    expect(ids([module('exec', { startsLast: true, provides: ['p'] }), module('panel', { optional: ['p'] }), module('rest')])).toEqual(['panel', 'rest', 'exec']);
  });

  it('puts providers before those that require or would use them', () => {
    expect(ids([module('queue', { requires: ['store'] }), module('rest', { optional: ['queue.service'] }), module('sqlite', { provides: ['store'] })])).toEqual(['rest', 'sqlite', 'queue']);
    expect(ids([module('rest', { optional: ['q'] }), module('queue', { provides: ['q'] })])).toEqual(['queue', 'rest']);
  });

  it('G3 names the module, the service and the package when a required service is missing', () => {
    expect(() => startOrder([module('cron', { requires: ['store'] })], () => ['@motia/store-sqlite'])).toThrow('cron needs the service store, which no configured module provides; @motia/store-sqlite would');
  });

  it('G3 names the circle of modules that require each other', () => {
    const circle = [module('z'), module('a', { requires: ['c'], provides: ['a'] }), module('b', { requires: ['a'], provides: ['b'] }), module('c', { requires: ['b'], provides: ['c'] })];
    expect(codeOf(circle)).toEqual({ code: 'MOTIA_ENGINE_DEPENDENCY_CYCLE', message: expect.stringMatching(/a -> c -> b -> a/) });
  });

  it('lets a circle through an optional service start', () => {
    expect(ids([module('state', { optional: ['queue'], provides: ['state'] }), module('queue', { requires: ['state'], provides: ['queue'] })])).toEqual(['state', 'queue']);
  });

  it('lets a module use the service that it provides itself', () => {
    expect(ids([module('a', { requires: ['a'], provides: ['a'] })])).toEqual(['a']);
  });

  it('accepts several instances of one module for a service, and refuses two different modules', () => {
    const exec = { definition: 'exec', provides: ['processes'] };
    expect(ids([module('exec', exec), module('exec-2', exec), module('console', { requires: ['processes'] })])).toEqual(['exec', 'exec-2', 'console']);
    expect(codeOf([module('exec', exec), module('other', { provides: ['processes'] })])).toMatchObject({ code: 'MOTIA_ENGINE_SERVICE_CONFLICT' });
  });
});
