import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { startOrder, type OrderedModule } from '../src/host/start-order.js';

/** Modules that require only modules with a smaller number, shuffled. */
const acyclic = fc
  .integer({ min: 1, max: 12 })
  .chain((size) => fc.tuple(...Array.from({ length: size }, (_, index) => fc.record({ requires: fc.subarray(Array.from({ length: index }, (__, n) => `s${n}`)), optional: fc.subarray(Array.from({ length: size }, (__, n) => `s${n}`)) }))))
  .map((links) => links.map((link, index): OrderedModule => ({ id: `m${index}`, definition: index, provides: [`s${index}`], ...link })))
  .chain((modules) => fc.shuffledSubarray(modules, { minLength: modules.length }));

describe('startOrder', () => {
  it('places every module once, after everything it requires', () => {
    fc.assert(
      fc.property(acyclic, (modules) => {
        const ordered = startOrder(modules);
        expect(new Set(ordered)).toEqual(new Set(modules));
        expect(ordered).toHaveLength(modules.length);
        const available = new Set<string>();
        for (const module of ordered) {
          expect(module.requires.filter((service) => !available.has(service))).toEqual([]);
          for (const service of module.provides) available.add(service);
        }
      }),
    );
  });

  it('honours optional services too when nothing is circular', () => {
    fc.assert(
      fc.property(acyclic, (modules) => {
        const backwardOnly = modules.map((module) => ({ ...module, optional: module.optional.filter((service) => Number(service.slice(1)) < Number(module.id.slice(1))) }));
        const available = new Set<string>();
        for (const module of startOrder(backwardOnly)) {
          expect(module.optional.filter((service) => !available.has(service))).toEqual([]);
          for (const service of module.provides) available.add(service);
        }
      }),
    );
  });
});
