import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Type } from '@sinclair/typebox';
import fc from 'fast-check';
import { temporaryFolder } from '@motia/tools/testing';
import { shownOptions } from '../src/config/shown-options.js';
import { defineAdapter, defineModule, type AdapterSlot, type ConfigView } from '../src/contract/index.js';
import { defineOptions } from '../src/index.js';
import { startTestHost } from '../src/testing/index.js';

const folder = temporaryFolder('config-report');
afterAll(() => folder.remove());

const Slot: AdapterSlot<object> = { id: 'test.slot', capabilities: [], fallback: 'test::Adapter' };
const Adapter = defineAdapter({
  name: '@test/adapter', version: '1.0.0', contract: 1, class: 'test::Adapter', slot: Slot, capabilities: [],
  options: defineOptions(Type.Object({ url: Type.String(), key: Type.Optional(Type.String({ secret: true })), poolSize: Type.Integer({ default: 4 }) })),
  create: async () => ({ service: {} }),
});

function shopModule(got: (view: ConfigView) => void) {
  return defineModule({
    name: '@test/module-shop', version: '2.0.0', contract: 1, class: 'test::ShopModule',
    options: defineOptions(
      Type.Object({
        port: Type.Integer({ default: 80 }), name: Type.String({ default: 'shop' }), note: Type.Optional(Type.String()), pass: Type.Optional(Type.String({ secret: true })),
        github_token: Type.Optional(Type.String()), headers: Type.Record(Type.String(), Type.String({ secret: true }), { default: {} }),
        hooks: Type.Array(Type.Union([Type.Object({ type: Type.Literal('call'), url: Type.String({ secret: true }) }), Type.Object({ type: Type.Literal('log') })]), { default: [] }),
        adapter: Type.Optional(Type.Object({ class: Type.String(), config: Type.Optional(Type.Unknown()) })),
        handler: Type.Optional(Type.Unknown()),
      }),
    ),
    create: async (ctx) => {
      got(ctx.engineConfig);
      await ctx.adapter(Slot, { class: 'test::Adapter', config: { url: 'mem:' } });
      return { services: {} };
    },
  });
}

describe('the configuration as tools see it', () => {
  it('§4.12 shows what runs, where each value comes from, and neither secrets nor values of variables', async () => {
    let view: ConfigView | undefined;
    const file = folder.file('config.yaml');
    const text = `modules:
  - class: test::ShopModule
    config:
      port: \${PORT:8080}
      note: see https://ada:hunter2@host/x and \${GREETING:hello}
      pass: \${PASS:hunter2}
      github_token: hunter2
      headers: { x-team: hunter2 }
      hooks: [{ type: call, url: 'https://hooks/hunter2' }]
      adapter: { class: test::Adapter, config: { url: 'redis://:hunter2@cache', key: hunter2 } }
`;
    writeFileSync(file, text);
    await using _host = await startTestHost([], { config: file, definitions: [shopModule((got) => (view = got)), Adapter], environment: { PORT: '4711', PASS: 'hunter2', GREETING: 'hunter2' } });
    const report = await view?.report();
    expect(report).toMatchObject({ file, restartNeeded: false, notices: [] });
    expect(JSON.stringify(report)).not.toMatch(/hunter2|4711/);
    expect(report?.modules).toEqual([
      {
        id: 'shop', class: 'test::ShopModule', name: '@test/module-shop', version: '2.0.0', from: 'file', line: 3,
        options: {
          port: '${PORT:8080}', name: 'shop', note: 'see https://[secret]@host/x and ${GREETING:hello}', pass: '${PASS}', github_token: '[secret]',
          headers: { 'x-team': '[secret]' }, hooks: [{ type: 'call', url: '[secret]' }], adapter: { class: 'test::Adapter', config: { url: 'redis://[secret]@cache', key: '[secret]', poolSize: 4 } },
        },
        origins: {
          '/port': 'environment', '/name': 'default', '/note': 'environment', '/pass': 'environment', '/github_token': 'file', '/headers/x-team': 'file',
          '/hooks/0/type': 'file', '/hooks/0/url': 'file', '/adapter/class': 'file', '/adapter/config/url': 'file', '/adapter/config/key': 'file', '/adapter/config/poolSize': 'default',
        },
      },
    ]);

    writeFileSync(file, `${text}# a remark\n`);
    expect((await view?.report())?.restartNeeded).toBe(true);
    rmSync(file);
    expect((await view?.report())?.restartNeeded).toBe(true);
  });

  it('says code for an engine that was composed in code, and names what is no data', async () => {
    let view: ConfigView | undefined;
    await using _host = await startTestHost([{ definition: shopModule((got) => (view = got)), options: { port: 1, handler: () => 1 } }], { definitions: [Adapter] });
    expect(await view?.report()).toMatchObject({
      file: null, restartNeeded: false,
      modules: [{ from: 'code', options: { port: 1, handler: '[function]' }, origins: { '/port': 'code', '/name': 'default' } }],
    });
  });

  it.each(['api_token', 'clientSecret', 'passphrase', 'db_pwd', 'DB_PASSWD', 'session_cookie'])('§4.12 masks the value of %s', (name) => {
    expect(shownOptions({ [name]: 's3cr3t', cwd: '/srv' }, { schema: {}, given: {}, from: 'file', writtenAt: () => undefined }).options).toEqual({ [name]: '[secret]', cwd: '/srv' });
  });

  it('§4.12 masks what the query of a URL says under a secret name, and nothing else of it', () => {
    const { options } = shownOptions({ endpoint: 'https://collector/v1?tenant=a&api_key=s3cr3t#x', other: 'http://h/?access_token=s3cr3t&page=2 then', plain: 'keys=2&token' }, { schema: {}, given: {}, from: 'file', writtenAt: () => undefined });
    expect(options).toEqual({ endpoint: 'https://collector/v1?tenant=a&api_key=[secret]#x', other: 'http://h/?access_token=[secret]&page=2 then', plain: 'keys=2&token' });
  });

  it('§4.12 masks every text below a secret, whatever holds it', () => {
    const nested = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, fc.constant('s3cr3t-value'), fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(fc.string({ maxLength: 5 }), tie('value'), { maxKeys: 3 })),
    })).value;
    fc.assert(fc.property(nested, (value) => {
      const { options } = shownOptions({ vault: value, password: 's3cr3t-value' }, { schema: { type: 'object', properties: { vault: { secret: true } } }, given: {}, from: 'file', writtenAt: () => undefined });
      return !JSON.stringify(options).includes('s3cr3t-value');
    }));
  });
});
