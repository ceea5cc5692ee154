import { describe, expect, it } from '@jest/globals';
import { readConfigDocument } from '../src/config/config-document.js';

const read = (text: string, environment: Record<string, string> = {}) => readConfigDocument(text, { source: 'config.yaml', environment });

describe('readConfigDocument', () => {
  it('gives a plain scalar its type after the variables were put in, and leaves quoted ones text', () => {
    const text = 'a: ${P:3111}\nb: "${P:3111}"\nc: ${F:true}\nd: ${E:}\ne: \'${P:1}\'\nf: |-\n  ${P:2}\ng: x${P:3}\nh: ${P:0x10}\ni: ${P:1.5}\nj: ${P:null}\n';
    expect(read(text).value).toEqual({ a: 3111, b: '3111', c: true, d: null, e: '1', f: '2', g: 'x3', h: 16, i: 1.5, j: null });
    expect(read('port: ${P:3111}', { P: '80' }).value).toEqual({ port: 80 });
  });

  it('never lets a value add structure', () => {
    for (const hostile of ['a: b', '[1, 2]', '{x: 1}', 'x\ny: 1', '# not a comment', '*alias', '!!binary x', '- item', '"quoted"', '| block', '${Q}']) {
      expect(read('k: ${V}\nother: 1', { V: hostile, Q: 'expanded twice' }).value).toEqual({ k: hostile, other: 1 });
    }
  });

  it('never looks into comments', () => {
    expect(read('# ${MISSING}\nport: 1 # ${ALSO_MISSING}')).toMatchObject({ value: { port: 1 }, problems: [] });
  });

  it('G3 reports every variable that is unset and has no fallback, with its place', () => {
    expect(read('a: 1\nb:\n  - x${ONE}${TWO}\n').problems).toEqual([
      expect.objectContaining({ problem: expect.stringContaining('ONE is not set'), pointer: '/b/0', line: 3, column: 5, source: 'config.yaml' }),
      expect.objectContaining({ problem: expect.stringContaining('TWO is not set'), pointer: '/b/0' }),
    ]);
  });

  it('counts a variable set to nothing as set', () => {
    expect(read('a: x${V:fallback}', { V: '' }).value).toEqual({ a: 'x' });
  });

  it('does not take inherited members of the environment for variables', () => {
    expect(read('a: ${toString}').problems).toHaveLength(1);
  });

  it('refuses variables in keys', () => {
    expect(read('${K}: 1', { K: 'port' }).problems).toEqual([expect.objectContaining({ problem: 'variables are put into values, not into keys' })]);
  });

  it('G3 refuses an alias bomb quickly', () => {
    const levels = Array.from({ length: 12 }, (_, level) => `l${level}: &l${level} [${Array.from({ length: 10 }, () => (level === 0 ? 'x' : `*l${level - 1}`)).join(', ')}]`);
    const begun = performance.now();
    expect(read(levels.join('\n')).problems).toEqual([expect.objectContaining({ problem: expect.stringContaining('more than 20000 values') })]);
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  it('G3 refuses texts that grow beyond measure by repeating a variable', () => {
    const text = `big: &big "\${V}${'x'.repeat(100_000)}"\nall: [${Array.from({ length: 5_000 }, () => '*big').join(', ')}]`;
    expect(read(text, { V: 'v' }).problems).toEqual([expect.objectContaining({ problem: expect.stringContaining('more than 4194304 characters') })]);
  });

  it('G3 reports nesting that no parser survives instead of throwing', () => {
    for (const text of [`a: ${'['.repeat(100_000)}`, `a: ${'['.repeat(50_000)}${']'.repeat(50_000)}`, `${'- '.repeat(50_000)}x`, '{a: '.repeat(30_000), `a: ${'['.repeat(65)}${']'.repeat(65)}`, `a: ${'['.repeat(1500)}${']'.repeat(1500)}`]) {
      expect(read(text).problems.length).toBeGreaterThan(0);
    }
    expect(read(`a: ${'['.repeat(60)}${']'.repeat(60)}`).problems).toEqual([]);
  });

  it('follows ordinary aliases and refuses one that holds itself', () => {
    expect(read('a: &x { k: 1 }\nb: *x').value).toEqual({ a: { k: 1 }, b: { k: 1 } });
    expect(read('a: &x [*x]').problems).toHaveLength(1);
    expect(read('a: *nowhere').problems.length).toBeGreaterThan(0);
  });

  it('G3 reports broken YAML, repeated keys and a second document with line and column', () => {
    expect(read('a: 1\nb: [1, 2\n').problems[0]).toMatchObject({ problem: expect.stringContaining('not valid YAML'), line: expect.any(Number) });
    expect(read('a: 1\na: 2\n').problems[0]).toMatchObject({ line: 2, column: 1 });
    expect(read('a: 1\n---\nb: 2\n').problems.length).toBeGreaterThan(0);
    expect(read('a: !custom 1').problems.length).toBeGreaterThan(0);
  });

  it('says how to write a variable where YAML would read its braces', () => {
    expect(read('a: { b: ${P:1}, c: 2 }').problems).toEqual([expect.objectContaining({ line: 1, problem: expect.stringContaining('in quotes inside [ ] and { }') })]);
    expect(read('a: { b: "${P:1}", c: 2 }').value).toEqual({ a: { b: '1', c: 2 } });
  });

  it('names the key for a pointer, and the nearest part that exists for one that does not', () => {
    const document = read('modules:\n  - class: a\n    config:\n      prot: 1\n');
    expect(document.positionOf('/modules/0/config/prot')).toEqual({ line: 4, column: 7 });
    expect(document.positionOf('/modules/0/config/port')).toEqual({ line: 3, column: 5 });
    expect(document.positionOf('/nothing')).toEqual({ line: 1, column: 1 });
  });

  it('keeps __proto__ an ordinary key', () => {
    const value = read('__proto__: { polluted: true }').value as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('reads an empty file as nothing', () => {
    expect(read('')).toMatchObject({ value: null, problems: [] });
  });
});
