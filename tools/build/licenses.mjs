import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Puts the licences of what a package carries in its bundle beside it. */
export function writeLicenses(root, folder, bundled) {
  if (bundled.length === 0) return;
  const text = bundled.map((name) => {
    const home = packageFolder(root, name);
    const { version, license } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
    const file = readdirSync(home).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
    if (file === undefined) throw new Error(`${name}: no licence file in ${home}`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(home, file), 'utf8').trim()}\n`;
  });
  writeFileSync(join(root, folder, 'licenses.txt'), text.join(`\n${'-'.repeat(72)}\n\n`));
}

/** The installed package, as Node finds it from the one that bundles it, or from one of the other bundled ones that brings it. */
function packageFolder(root, name) {
  for (const folder of createRequire(join(root, 'package.json')).resolve.paths(name) ?? []) {
    try {
      readFileSync(join(folder, name, 'package.json'));
      return join(folder, name);
    } catch {
      // Not here.
    }
  }
  throw new Error(`${name} is declared as bundled and not installed beside ${dirname(join(root, 'package.json'))}`);
}
