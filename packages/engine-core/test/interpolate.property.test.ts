import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Document, parse } from 'yaml';
import { plainValue, readConfigDocument } from '../src/config/config-document.js';
import { interpolate } from '../src/config/interpolate.js';

const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/);
const anything = fc.string({ unit: 'grapheme', maxLength: 40 });

describe('interpolate', () => {
  it('leaves text without variables as it is, whatever the environment', () => {
    fc.assert(
      fc.property(anything.filter((text) => !text.includes('${')), fc.dictionary(name, anything), (text, environment) => {
        expect(interpolate(text, environment)).toEqual({ text, missing: [] });
      }),
    );
  });

  it('puts each value in verbatim and never expands what it holds', () => {
    fc.assert(
      fc.property(name, anything, anything.filter((text) => !text.includes('$')), (variable, value, around) => {
        const environment = { [variable]: `${value}\${${variable}}$&` };
        expect(interpolate(`${around}\${${variable}}${around}`, environment)).toEqual({ text: `${around}${environment[variable]}${around}`, missing: [] });
      }),
    );
  });

  it('uses the fallback exactly when the variable is unset, and reports it exactly when there is none', () => {
    fc.assert(
      fc.property(name, fc.option(anything.filter((text) => !text.includes('}')), { nil: undefined }), fc.option(anything, { nil: undefined }), (variable, fallback, value) => {
        const source = fallback === undefined ? `\${${variable}}` : `\${${variable}:${fallback}}`;
        const environment = value === undefined ? {} : { [variable]: value };
        const expected = value ?? fallback;
        expect(interpolate(source, environment)).toEqual(expected === undefined ? { text: source, missing: [variable] } : { text: expected, missing: [] });
      }),
    );
  });
});

describe('readConfigDocument with variables', () => {
  it('keeps the structure of the file whatever the values are', () => {
    fc.assert(
      fc.property(anything, anything, (first, second) => {
        const text = 'a: ${A}\nb:\n  - "${A}"\n  - x ${B} y\nc:\n  d: ${B}\n  e: 1\n';
        const { value, problems } = readConfigDocument(text, { source: 'f', environment: { A: first, B: second } });
        expect(problems).toEqual([]);
        const shape = value as { a: unknown; b: unknown[]; c: Record<string, unknown> };
        expect(Object.keys(shape)).toEqual(['a', 'b', 'c']);
        expect(shape.b).toEqual([first, `x ${second} y`]);
        expect(Object.keys(shape.c)).toEqual(['d', 'e']);
        for (const expanded of [shape.a, shape.c['d']]) expect(typeof expanded === 'object' && expanded !== null).toBe(false);
      }),
    );
  });

  it('keeps quoted scalars text whatever they hold', () => {
    fc.assert(
      fc.property(fc.oneof(anything, fc.integer().map(String), fc.constantFrom('true', 'null', '~', '', '0x1f')), (value) => {
        expect(readConfigDocument('k: "${V}"', { source: 'f', environment: { V: value } }).value).toEqual({ k: value });
        expect(readConfigDocument("k: '${V}'", { source: 'f', environment: { V: value } }).value).toEqual({ k: value });
      }),
    );
  });

  it('types an expanded plain scalar as YAML types the same text written out', () => {
    const scalar = fc.oneof(
      fc.integer().map(String), fc.double({ noNaN: true }).map(String), fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/),
      fc.constantFrom('true', 'False', 'null', '~', '0o17', '0x1F', '.5', '1e3', '-.inf', '.nan', '+1', '1_000', 'yes', 'no', '007'),
    );
    const document = new Document(null, { version: '1.2', schema: 'core' });
    fc.assert(
      fc.property(scalar, (text) => {
        const written = (parse(`k: ${text}`, { version: '1.2', schema: 'core' }) as { k: unknown }).k;
        expect(plainValue(text, document)).toEqual(written);
        expect(readConfigDocument('k: ${V}', { source: 'f', environment: { V: text } }).value).toEqual({ k: written });
      }),
    );
  });
});
