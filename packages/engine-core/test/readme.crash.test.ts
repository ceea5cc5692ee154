import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { createEngine } from '../src/index.js';
import { isMotiaError } from '../src/contract/index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const block = (language: string): string => new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(readme)?.[1] ?? '';
const packageFolder = fileURLToPath(new URL('..', import.meta.url));

describe('the README', () => {
  it('begins with a program that runs as it stands', () => {
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', block('js')], { cwd: packageFolder, encoding: 'utf8' });
    expect(output).toMatch(/message: 'Hello, Ada!',\s+trace: '00-[0-9a-f]{32}-[0-9a-f]{16}-01'/);
    expect(output.trim().split('\n').at(-1)).toBe('healthy');
  });

  it('shows a config.yaml whose only problem is that the package of the example does not exist', async () => {
    await using folder = temporaryFolder('readme');
    writeFileSync(folder.file('config.yaml'), block('yaml'));
    const problem = await createEngine({ config: folder.file('config.yaml'), environment: {}, importPackage: (specifier) => import(specifier) }).then(() => undefined, (error: unknown) => error);
    expect(isMotiaError(problem, 'MOTIA_ENGINE_CONFIG_INVALID') && (problem.details as { problems: { problem: string }[] }).problems.map((each) => each.problem)).toEqual(['the package @acme/iii-kafka is not installed']);
  });
});
