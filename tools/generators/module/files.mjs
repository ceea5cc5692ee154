import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectedExport } from '../../build/entries.mjs';

/** Every file of a new module, by its path in the package. */
export function moduleFiles({ name, folder, repository }) {
  const rest = JSON.parse(readFileSync(join(repository, 'packages/module-rest/package.json'), 'utf8'));
  const words = name.split('-');
  const pascal = words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
  const camel = pascal[0].toLowerCase() + pascal.slice(1);
  const names = { name, pascal, camel, constant: words.join('_').toUpperCase(), area: words.join('_'), version: rest.version };
  return {
    'package.json': `${JSON.stringify(manifest(names, folder, rest), null, 2)}\n`,
    'tsconfig.json': readFileSync(join(repository, 'packages/module-rest/tsconfig.json'), 'utf8'),
    'jest.config.mjs': readFileSync(join(repository, 'packages/module-rest/jest.config.mjs'), 'utf8'),
    LICENSE: readFileSync(join(repository, 'LICENSE'), 'utf8'),
    'README.md': readme(names),
    'src/version.ts': `/** Version of this package, as in package.json. */\nexport const ${camel}Version = '${names.version}';\n`,
    'src/index.ts': index(names),
    'src/options.ts': options(names),
    'src/errors.ts': errors(names),
    'src/module.ts': module(names),
    'test/module.conformance.test.ts': conformance(names),
  };
}

/** Scripts, fields and ranges are those of an existing module, so that a new one never lags behind. */
function manifest({ name, pascal }, folder, rest) {
  const core = '@motia/engine-core';
  return {
    name: `@motia/module-${name}`,
    version: rest.version,
    description: `What ${pascal} does, in one sentence (modules::${name.replaceAll('-', '_')}::${pascal}Module).`,
    license: rest.license,
    repository: { ...rest.repository, directory: folder },
    type: rest.type,
    sideEffects: rest.sideEffects,
    engines: rest.engines,
    exports: { '.': expectedExport('index'), './package.json': './package.json' },
    main: rest.main,
    module: rest.module,
    types: rest.types,
    files: rest.files,
    publishConfig: rest.publishConfig,
    scripts: rest.scripts,
    nx: { tags: ['type:module'] },
    dependencies: { '@sinclair/typebox': rest.dependencies['@sinclair/typebox'] },
    peerDependencies: { [core]: rest.peerDependencies[core] },
    devDependencies: { [core]: rest.devDependencies[core], '@motia/tools': rest.devDependencies['@motia/tools'] },
  };
}

const readme = ({ name, pascal, camel, area, version }) => `# @motia/module-${name}

What ${pascal} does for its users, in one sentence.

## Install

\`\`\`sh
npm install @motia/module-${name}
\`\`\`

## Use

In \`config.yaml\`:

\`\`\`yaml
packages: ['@motia/module-${name}']
modules:
  - class: modules::${area}::${pascal}Module
    config:
      greeting: Hello
\`\`\`

In code: \`createEngine({ modules: [${camel}({ greeting: 'Hello' })] })\`. Alone: \`await embed(${pascal}Module, { greeting: 'Hello' })\`.

## Options

| Option | Default | Meaning |
|---|---|---|
| \`greeting\` | \`Hello\` | First word of what \`${area}::greet\` answers. |

## Compatibility

| @motia/module-${name} | plugin contract |
|---|---|
| ${version} | 1 |
`;

const index = ({ pascal, camel }) => `export { ${pascal}Module as default, ${pascal}Module, ${camel} } from './module.js';
export type { ${pascal}Input, ${pascal}Options } from './options.js';
export { ${camel}Errors } from './errors.js';
`;

const options = ({ pascal, camel, area }) => `import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';

/** Options of \`modules::${area}::${pascal}Module\` as config.yaml writes them. */
export const ${camel}OptionsSchema = Type.Object({
  greeting: Type.String({ default: 'Hello', minLength: 1, description: 'First word of what \`${area}::greet\` answers.' }),
});

/** Options with their defaults filled in. */
export type ${pascal}Options = Static<typeof ${camel}OptionsSchema>;

/** Options as a program writes them: all may be left out. */
export type ${pascal}Input = Partial<${pascal}Options>;

/** Checks options of the module. @throws \`MOTIA_ENGINE_OPTIONS_INVALID\` */
export const ${camel}Options: OptionsSchema<${pascal}Options> = defineOptions(${camel}OptionsSchema);
`;

const errors = ({ pascal, camel, constant }) => `import { MotiaError } from '@motia/engine-core/contract';

/** Every condition of this module. Codes are never reused. */
export const ${camel}Errors = {
  /** ${pascal} was asked to greet nobody. */
  NAME_MISSING: (details: { readonly functionId: string }): MotiaError =>
    new MotiaError({
      code: 'MOTIA_${constant}_NAME_MISSING',
      message: \`\${details.functionId} was called without a name.\`,
      hint: 'Send {"name": "Ada"}.',
      retryable: false,
      status: 400,
      details,
    }),
};
`;

const module = ({ name, pascal, camel, area }) => `import { defineModule, moduleFactory, type ModuleUse, type Registration } from '@motia/engine-core/contract';
import { ${camel}Errors } from './errors.js';
import { ${camel}Options, type ${pascal}Input } from './options.js';
import { ${camel}Version } from './version.js';

const greetId = '${area}::greet';

/** Registers \`${area}::greet\`, which answers with a greeting. Replace it by what the module is for. */
export const ${pascal}Module = defineModule({
  name: '@motia/module-${name}',
  version: ${camel}Version,
  contract: 1,
  class: 'modules::${area}::${pascal}Module',
  options: ${camel}Options,
  async create(ctx, options) {
    let greet: Registration | undefined;
    return {
      services: {},
      async start() {
        greet = ctx.functions.register({ id: greetId, description: 'Greets by name.' }, (payload) => {
          const name = nameIn(payload);
          if (name === undefined) throw ${camel}Errors.NAME_MISSING({ functionId: greetId });
          return { text: \`\${options.greeting} \${name}\` };
        });
      },
      async stop() {
        greet?.dispose();
        greet = undefined;
      },
    };
  },
});

/** \`createEngine({ modules: [${camel}({ … })] })\`. */
export const ${camel}: (options?: ${pascal}Input) => ModuleUse = moduleFactory<${pascal}Input>(${pascal}Module);

function nameIn(payload: unknown): string | undefined {
  if (typeof payload !== 'object' || payload === null || !('name' in payload)) return undefined;
  return typeof payload.name === 'string' ? payload.name : undefined;
}
`;

const conformance = ({ pascal, area, constant }) => `import { describe, expect, it } from '@jest/globals';
import { moduleConformance } from '@motia/engine-core/testing';
import { ${pascal}Module } from '../src/index.js';

moduleConformance(
  { describe, it, expect },
  {
    definition: ${pascal}Module,
    options: () => ({ greeting: 'Good morning' }),
    invalid: [{ options: { greeting: '' }, pointer: '/greeting' }],
    works: async (host) => {
      expect(await host.functions.invoke('${area}::greet', { name: 'Ada' })).toEqual({ text: 'Good morning Ada' });
      await expect(host.functions.invoke('${area}::greet', {})).rejects.toMatchObject({ code: 'MOTIA_${constant}_NAME_MISSING' });
    },
  },
);
`;
