/** Every relative link and anchor in the repository's Markdown resolves; every package has a README that says its name. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workspaceFolders } from '../workspace/folders.mjs';
import { repositoryFiles } from '../workspace/repository-files.mjs';

export function documentFaults(root) {
  const pages = repositoryFiles(root).filter((file) => file.endsWith('.md'));
  const links = pages.flatMap((page) => linkFaults(root, page));
  const readmes = workspaceFolders(root)
    .filter((folder) => folder !== 'tools')
    .flatMap((folder) => {
      const file = join(root, folder, 'README.md');
      if (!existsSync(file)) return [`${folder}: no README.md`];
      const { name } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      const isNamed = folder.startsWith('examples/') || readFileSync(file, 'utf8').split('\n', 1)[0].includes(name);
      return isNamed ? [] : [`${folder}/README.md: the first line must be a heading with the name ${name}`];
    });
  return [...links, ...readmes];
}

function linkFaults(root, page) {
  const text = withoutCode(readFileSync(join(root, page), 'utf8'));
  const targets = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g), ...text.matchAll(/^\s{0,3}\[[^\]]+\]:\s*(\S+)/gm)];
  return targets.flatMap(([, target]) => {
    if (/^[a-z][a-z+.-]*:/i.test(target)) return [];
    const [path, anchor] = target.split('#');
    const file = path === '' ? page : normalize(join(path.startsWith('/') ? '' : dirname(page), decodeURIComponent(path)));
    if (!existsSync(join(root, file))) return [`${page}: ${target} does not exist`];
    if (anchor === undefined || !file.endsWith('.md') || statSync(join(root, file)).isDirectory()) return [];
    return anchorsOf(readFileSync(join(root, file), 'utf8')).has(anchor) ? [] : [`${page}: ${target} has no such heading`];
  });
}

const withoutCode = (text) => text.replace(/^(```|~~~)[\s\S]*?^\1.*$/gm, '').replace(/`[^`\n]*`/g, (code) => (code.includes('](') ? '' : code));

/** Heading anchors as GitHub forms them. */
function anchorsOf(text) {
  const seen = new Map();
  const anchors = new Set([...text.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)].map(([, id]) => id));
  for (const [, heading] of text.replace(/^(```|~~~)[\s\S]*?^\1.*$/gm, '').matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const faults = documentFaults(fileURLToPath(new URL('../..', import.meta.url)));
  for (const fault of faults) console.log(fault);
  console.log(faults.length === 0 ? 'docs: every link resolves' : `docs: ${faults.length} fault(s)`);
  if (faults.length > 0) process.exitCode = 1;
}
