import { readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workspaceFolders } from '../workspace/folders.mjs';
import { allowed } from './boundaries.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const projects = workspaceFolders(root).map((folder) => {
  const { name, nx } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  return { folder: folder.split('/').join(sep), name, tag: nx?.tags?.find((tag) => tag.startsWith('type:')) };
});

const packageOf = (specifier) => specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
const projectOf = (file) => projects.find(({ folder }) => relative(root, file).startsWith(folder + sep));

/**
 * The same table as `@nx/enforce-module-boundaries`, decided by package name alone. Nx resolves the import first and says
 * nothing when it cannot (a subpath that is not built yet, a stale graph); a name cannot fail to resolve.
 * Options: `{ extraTags, lazy }`; packages in `lazy` may be loaded by `import()`.
 */
export const boundaryByName = {
  meta: { type: 'problem', schema: [{ type: 'object' }], messages: { forbidden: '{{source}} ({{sourceTag}}) may not import {{target}} ({{targetTag}}).' } },
  create(context) {
    const { extraTags = [], lazy = [] } = context.options[0] ?? {};
    const source = projectOf(join(dirname(context.filename), 'x'));
    if (source === undefined) return {};
    const permitted = new Set([...(allowed[source.tag] ?? []), ...extraTags]);
    const check = (node, isDynamic) => {
      if (typeof node?.value !== 'string') return;
      const target = projects.find(({ name }) => name === packageOf(node.value));
      if (target === undefined || target === source || permitted.has(target.tag)) return;
      if (isDynamic && lazy.includes(target.name)) return;
      context.report({
        node,
        messageId: 'forbidden',
        data: { source: source.name, sourceTag: source.tag, target: target.name, targetTag: target.tag },
      });
    };
    return {
      ImportDeclaration: (node) => check(node.source, false),
      ExportNamedDeclaration: (node) => check(node.source, false),
      ExportAllDeclaration: (node) => check(node.source, false),
      ImportExpression: (node) => check(node.source, true),
      TSImportType: (node) => check(node.source ?? node.argument?.literal, lazy.length > 0),
    };
  },
};
