import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const generator = fileURLToPath(new URL('../../../tools/protocol-gen/run.mjs', import.meta.url));

describe('the message model', () => {
  it('is what src/generated/messages.ts and docs/reference/protocol.md were generated from', () => {
    const { status, stderr } = spawnSync(process.execPath, [generator, '--check'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('names only errors that the error reference lists', async () => {
    const model = await readFile(new URL('../motia.protocol.json', import.meta.url), 'utf8');
    const reference = await readFile(new URL('../../../docs/reference/errors.md', import.meta.url), 'utf8');
    const codesOf = (text: string) => new Set(text.match(/MOTIA_[A-Z]+_[A-Z_]+/g));
    const known = codesOf(reference);
    expect([...codesOf(model)].filter((code) => !known.has(code))).toEqual([]);
  });
});
