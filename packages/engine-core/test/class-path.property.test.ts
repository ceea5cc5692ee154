import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { classPathProblem } from '../src/loader/class-path.js';
import { standardClasses } from '../src/loader/standard-classes.js';
import { nearestNames } from '../src/index.js';

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}$/);
const path = fc.array(name, { minLength: 2, maxLength: 5 }).map((names) => names.join('::'));

describe('classPathProblem', () => {
  it('finds nothing wrong with names joined by "::"', () => {
    fc.assert(fc.property(path, (text) => expect(classPathProblem(text)).toBeUndefined()));
    for (const text of standardClasses.keys()) expect(classPathProblem(text)).toBeUndefined();
  });

  it('finds something wrong with everything else, and says what in words', () => {
    for (const text of ['', ' ', 'Rest', 'a::', '::a', 'a::::b', 'a:b', 'a.b::c', 'a::b c', 'a::1b', ' a::b', 'a::b\n', 'a/b::c', `a::${'b'.repeat(300)}`]) {
      expect(classPathProblem(text)).toMatch(/^(is|has|must|may) /);
    }
    fc.assert(fc.property(path, fc.constantFrom('-', '.', '/', ' ', '\n', ':', '::', '$', '(', '\0'), (text, stray) => expect(classPathProblem(`${text}${stray}`)).toBeDefined()));
  });
});

describe('nearestNames', () => {
  it('finds a standard class path with one letter changed, left out, doubled or swapped', () => {
    const names = [...standardClasses.keys()];
    const slip = fc.constantFrom('drop', 'double', 'swap', 'replace');
    fc.assert(
      fc.property(fc.constantFrom(...names), slip, fc.nat(), (original, kind, seed) => {
        const at = seed % (original.length - 1);
        const [before, letter, next, after] = [original.slice(0, at), original[at] ?? '', original[at + 1] ?? '', original.slice(at + 2)];
        const wrong = { drop: before + next + after, double: before + letter + letter + next + after, swap: before + next + letter + after, replace: `${before}x${next}${after}` }[kind];
        fc.pre(!names.includes(wrong));
        expect(nearestNames(wrong, names, 3)).toContain(original);
      }),
    );
  });

  it('offers nothing for what is nothing like it, nor for the name itself', () => {
    expect(nearestNames('zebra', ['port', 'host'])).toEqual([]);
    expect(nearestNames('port', ['port'])).toEqual([]);
    expect(nearestNames('x'.repeat(10_000), ['port'])).toEqual([]);
  });

  it('puts the nearest first, and the same order every time', () => {
    expect(nearestNames('prot', ['ports', 'port', 'part'], 3)).toEqual(['port', 'part', 'ports']);
  });
});
