import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { ProtocolErrors } from '../src/index.js';

const generator = fileURLToPath(new URL('../../../tools/protocol-gen/run.mjs', import.meta.url));

describe('the message model', () => {
  it('is what src/generated/messages.ts and docs/reference/protocol.md were generated from', () => {
    const { status, stderr } = spawnSync(process.execPath, [generator, '--check'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('names only protocol errors that exist', async () => {
    const { readFile } = await import('node:fs/promises');
    const text = await readFile(new URL('../motia.protocol.json', import.meta.url), 'utf8');
    const named = new Set([...text.matchAll(/MOTIA_PROTOCOL_([A-Z_]+)/g)].map((match) => match[1]));
    expect([...named].filter((condition) => !(String(condition) in ProtocolErrors.$catalog))).toEqual([]);
  });
});
