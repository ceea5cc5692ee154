import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const nodeModules = fileURLToPath(new URL('../../../../node_modules', import.meta.url));

/** Writes an app into a folder, with this repository's packages installed. Contents by path. */
export function writeApp(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries({ 'package.json': '{ "name": "app", "type": "module", "scripts": { "dev": "motia dev" } }', ...files })) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  symlinkSync(nodeModules, join(folder, 'node_modules'));
}

/** A config.yaml with the REST module on a free port and one ExecModule. */
export function configYaml(exec: readonly string[], more: Readonly<Record<string, unknown>> = {}): string {
  const lines = ['modules:', '  - class: modules::api::RestApiModule', '    config: { port: 0 }', '  - class: modules::shell::ExecModule', '    config:', `      exec: ${JSON.stringify(exec)}`];
  for (const [key, value] of Object.entries(more)) lines.push(`      ${key}: ${JSON.stringify(value)}`);
  return `${lines.join('\n')}\n`;
}

/** A step with one GET route whose handler is the given body of an async function. */
export function stepFile(name: string, path: string, body: string, imports = ''): string {
  return `${imports}
export const config = { name: ${JSON.stringify(name)}, triggers: [{ type: 'http', method: 'GET', path: ${JSON.stringify(path)} }] };
export const handler = async (req, ctx) => { ${body} };
`;
}
