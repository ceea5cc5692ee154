import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Version of the `motia` package that this file is part of. */
export function ownVersion(): string {
  // Built files lie in dist/ or deeper, sources in src/cli/: the nearest package.json is ours either way.
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    try {
      return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly version: string }).version;
    } catch (error) {
      if (dirname(folder) === folder) throw error;
    }
  }
}
