import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder, type TemporaryFolder } from '@motia/tools/testing';
import { checkCommittedFiles, checkMachinePaths } from '../checks/committed-files.mjs';
import { documentFaults } from '../checks/docs.mjs';
import { checkFileSizes } from '../checks/file-sizes.mjs';
import { lockfileFaults, missingWorkspaces } from '../checks/lockfile.mjs';
import { checkManifests } from '../checks/manifests.mjs';
import { securityFaults } from '../checks/security-floors.mjs';
import { isInstalled } from '../workspace/install.mjs';

function write(folder: TemporaryFolder, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(folder.file(name)), { recursive: true });
    writeFileSync(folder.file(name), text);
  }
}

const workspace = JSON.stringify({ version: '0.1.0', workspaces: ['packages/*'], engines: { node: '>=20.19' } });

describe('The repository checks', () => {
  it('refuse an own name that npm would fetch, and a recorded download address', () => {
    expect(
      lockfileFaults({
        'node_modules/motia': { link: true, resolved: 'packages/motia-sdk' },
        'node_modules/@motia/protocol': { version: '9.9.9' },
        'apps/x/node_modules/motia': { version: '1.0.0' },
        'node_modules/left': { version: '1.0.0', resolved: 'https://example.com/left.tgz' },
        'node_modules/right': { version: '1.0.0' },
      }),
    ).toEqual([
      expect.stringContaining('node_modules/@motia/protocol is not a link'),
      expect.stringContaining('apps/x/node_modules/motia is not a link'),
      expect.stringContaining('node_modules/left records a download address'),
    ]);
  });

  it('§4.9 refuse parsers with known faults, wherever they are nested, but for a peer of the benchmarks', () => {
    expect(
      securityFaults({
        'node_modules/ws': { version: '8.17.0' },
        'node_modules/engine.io/node_modules/ws': { version: '8.21.3' },
        'node_modules/express/node_modules/path-to-regexp': { version: '8.3.9' },
        'node_modules/qs': { version: '6.14.10' },
        'node_modules/body-parser': { version: '1.20.9' },
        'node_modules/moleculer-web/node_modules/body-parser': { version: '1.20.9' },
        'node_modules/socket.io-parser': { version: '10.0.0' },
      }),
    ).toEqual([expect.stringContaining('node_modules/ws is 8.17.0'), expect.stringContaining('path-to-regexp is 8.3.9'), expect.stringContaining('node_modules/body-parser is 1.20.9')]);
  });

  it('refuse a lock file that leaves out the binaries of another platform', () => {
    const found = lockfileFaults({
      'node_modules/tool': { optionalDependencies: { 'tool-linux': '1.0.0', 'tool-darwin': '1.0.0', 'tool-win32': '1.0.0' } },
      'node_modules/tool-linux': {},
      'node_modules/tool/node_modules/tool-win32': {},
    });
    expect(found).toEqual(['package-lock.json: node_modules/tool wants tool-darwin, which is not in the lock file']);
  });

  it('refuse a workspace in the lock file whose folder nobody committed, which is no reason to install again', async () => {
    const packages = { '': {}, 'packages/a': { version: '0.1.0' }, 'packages/gone': { version: '0.1.0' }, 'node_modules/@motia/a': { link: true, resolved: 'packages/a' }, 'node_modules/@motia/gone': { link: true, resolved: 'packages/gone' } };
    expect(missingWorkspaces(packages, new Set(['packages/a/package.json']))).toEqual([expect.stringContaining('the workspace packages/gone has no tracked package.json')]);

    await using folder = temporaryFolder('checks');
    write(folder, { 'package-lock.json': JSON.stringify({ packages }), 'node_modules/.package-lock.json': '{"packages":{}}', 'packages/a/package.json': '{}' });
    expect(isInstalled(folder.path)).toBe(false);
    write(folder, { 'node_modules/@motia/a/package.json': '{}' });
    expect(isInstalled(folder.path)).toBe(true);
  });

  it('refuse generated files, databases, logs and bundles', async () => {
    await using folder = temporaryFolder('checks');
    write(folder, { 'src/a.ts': '', 'motia.db': '', 'engine.log': '', 'bundle.js': 'x'.repeat(600_000), '.env': '' });
    expect(checkCommittedFiles(folder.path).map((fault: string) => fault.split(':')[0])).toEqual(['.env', 'bundle.js', 'engine.log', 'motia.db']);
  });

  it('refuse paths of one machine and registry hosts, but not look-alikes', async () => {
    await using folder = temporaryFolder('checks');
    const home = ['', 'home', 'someone'].join('/');
    write(folder, {
      'bad.md': `cd ${home}/motia\n`,
      'worse.json': `{"resolved": "https://${['registry', 'npmjs', 'org'].join('.')}/x"}\n`,
      'good.ts': "const route = '/users/work/1';\nconst url = 'http://localhost/home/x';\n",
    });
    expect(checkMachinePaths(folder.path)).toEqual([`bad.md:1: ${home}`, expect.stringMatching(/^worse\.json:1/)]);
  });

  it('refuse a source file over 400 lines, and too many long ones', async () => {
    await using folder = temporaryFolder('checks');
    write(folder, { 'packages/a/src/long.ts': '\n'.repeat(401), 'packages/a/test/long.test.ts': '\n'.repeat(900) });
    expect(checkFileSizes(folder.path)).toEqual([expect.stringContaining('long.ts: 401 lines'), expect.stringContaining('90th percentile')]);
  });

  it('refuse a dead link, a dead anchor and a package without a README', async () => {
    await using folder = temporaryFolder('checks');
    write(folder, {
      'package.json': workspace,
      'packages/a/package.json': '{"name": "a"}',
      'README.md': '# Top\n\n[a](docs/a.md) [b](docs/a.md#the-part) [c](docs/a.md#gone) [d](gone.md) [e](https://example.com)\n\n```md\n[f](gone.md)\n```\n',
      'docs/a.md': '# A\n\n## The part\n',
    });
    expect(documentFaults(folder.path)).toEqual([
      'README.md: docs/a.md#gone has no such heading',
      'README.md: gone.md does not exist',
      'packages/a: no README.md',
    ]);
  });

  it('refuse a module that takes the core as a dependency, and a range that does not match the workspace', async () => {
    await using folder = temporaryFolder('checks');
    write(folder, {
      'package.json': workspace,
      'packages/module-a/package.json': JSON.stringify({
        name: '@motia/module-a',
        version: '0.1.0',
        type: 'module',
        nx: { tags: ['type:module'] },
        dependencies: { '@motia/engine-core': '*' },
      }),
    });
    const faults = checkManifests(folder.path).join('\n');
    expect(faults).toContain('@motia/engine-core must be a peer, not a dependency');
    expect(faults).toContain('dependencies.@motia/engine-core: "*" must be "^0.1.0"');
  });
});
