import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, it } from '@jest/globals';

const foldersKey = Symbol.for('motia.tools.temporaryFolders');

export function temporaryFolder(name = 'test') {
  const path = realpathSync(mkdtempSync(join(tmpdir(), `motia-${name}-`)));
  const owned = (globalThis[foldersKey] ??= new Set());
  owned.add(path);
  const remove = async () => {
    rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    owned.delete(path);
  };
  return { path, file: (...parts) => join(path, ...parts), remove, [Symbol.asyncDispose]: remove };
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export function findTool(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

export function describeWithTools(tools, title, body) {
  const missing = tools.filter((tool) => findTool(tool) === undefined);
  if (missing.length === 0) return describe(title, body);
  const reason = `needs ${missing.join(', ')}, which is not installed`;
  if (process.env.CI === 'true') {
    return describe(title, () => {
      it(reason, () => {
        throw new Error(`${title}: ${reason}; .ci/run must install it.`);
      });
    });
  }
  process.stderr.write(`\nSKIPPED ${title}: ${reason}\n\n`);
  return describe.skip(`${title} (${reason})`, body);
}
