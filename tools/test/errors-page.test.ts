import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { catalogFaults, unusedConditions } from '../docs-gen/catalog-faults.mjs';
import { documentedCodes, errorsPage } from '../docs-gen/errors-page.mjs';
import { messageTemplate } from '../docs-gen/message-template.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const entry = { status: 404, retryable: false, since: '0.1.0', message: (d: { id: string }) => `No ${d.id} here.`, remedy: 'Look elsewhere.' };
const condition = (name: string, more: object = {}) => ({ area: 'ENGINE', condition: name, code: `MOTIA_ENGINE_${name}`, entry: { ...entry, ...more }, package: '@motia/engine-core', file: `${name}.ts` });

describe('docs/reference/errors.md', () => {
  it('holds what the catalogs hold, and the catalogs are sound', () => {
    // A process of its own: the bundler refuses to run inside the test sandbox.
    expect(() => execFileSync(process.execPath, ['tools/docs-gen/run.mjs', '--check'], { cwd: root, stdio: 'pipe', encoding: 'utf8' })).not.toThrow();
  });

  it('documents exactly the codes of the catalogs, both ways', () => {
    const listed = execFileSync(process.execPath, ['tools/docs-gen/run.mjs', '--list'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
    const documented = documentedCodes(readFileSync(`${root}docs/reference/errors.md`, 'utf8'));
    expect(documented.filter((code) => !listed.includes(code))).toEqual([]);
    expect(listed.filter((code) => !documented.includes(code))).toEqual([]);
    expect(new Set(documented).size).toBe(documented.length);
    expect(documented.length).toBeGreaterThan(50);
  });

  it('shows message, remedy and facts of a condition', () => {
    const page = errorsPage([condition('FUNCTION_GONE')]);
    expect(page).toContain('### MOTIA_ENGINE_FUNCTION_GONE\n\nNo {id} here.\n\nLook elsewhere.\n\n*status 404 · not retryable · since 0.1.0 · from `@motia/engine-core`*\n');
    expect(documentedCodes(page)).toEqual(['MOTIA_ENGINE_FUNCTION_GONE']);
  });
});

describe('the checks of the catalogs', () => {
  it('find doubles, bad names, missing remedies and impossible statuses', () => {
    const faults = catalogFaults([
      condition('TWICE'), condition('TWICE'), condition('lower_case'), condition('NO_REMEDY', { remedy: ' ' }), condition('ODD_STATUS', { status: 200 }), condition('NO_VERSION', { since: 'soon' }), condition('FINE'),
    ]);
    expect(faults).toHaveLength(5);
    expect(faults.join('\n')).not.toContain('FINE');
  });

  it('find conditions that nothing makes an error of', () => {
    const sources = [{ file: 'a.ts', text: 'throw engineErrors.USED({}); if (isMotiaError(e, "MOTIA_ENGINE_SEEN")) return; ({ UNUSED: {} })' }];
    expect(unusedConditions([condition('USED'), condition('SEEN'), condition('UNUSED')], sources)).toEqual(['MOTIA_ENGINE_UNUSED (UNUSED.ts) is defined and never used']);
  });
});

describe('messageTemplate', () => {
  it('shows where each detail goes, whatever the message does with it', () => {
    const template = messageTemplate((d: { id: string; ms: number; names: string[]; nested: { deep: unknown }; problems: { pointer: string }[] }) =>
      `${d.id} took ${Math.round(d.ms)} ms; ${d.names.map((name) => `"${name}"`).join(', ')}; ${JSON.stringify(d.nested.deep)}; ${d.problems.map(({ pointer }) => pointer).join(' ')}${d.names.length === 0 ? '' : '!'}`);
    expect(template).toBe('{id} took {ms} ms; "{names}"; "{nested.deep}"; {problems.pointer}!');
  });
});
