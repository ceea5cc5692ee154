import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

export async function publintFaults(tarball) {
  const content = readFileSync(tarball);
  const bytes = content.buffer.slice(content.byteOffset, content.byteOffset + content.byteLength);
  const { messages, pkg } = await publint({ strict: true, pack: { tarball: bytes } });
  return messages.filter(({ type }) => type !== 'suggestion').map((message) => `publint: ${formatMessage(message, pkg)}`);
}

/** Node's own resolution only: our subpaths need an exports map, which `node10` resolution does not read. */
export function attwFaults(root, tarball, jsonEntries) {
  const exclude = jsonEntries.length > 0 ? ['--exclude-entrypoints', ...jsonEntries] : [];
  const run = spawnSync(
    process.execPath,
    [join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js'), tarball, '--profile', 'node16', '--format', 'ascii', '--no-color', '--no-emoji', ...exclude],
    { encoding: 'utf8' },
  );
  return run.status === 0 ? [] : [`attw:\n${run.stdout}${run.stderr}`];
}
