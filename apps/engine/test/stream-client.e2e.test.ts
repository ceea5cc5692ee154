import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build, stop as stopEsbuild } from 'esbuild';
import { chromium, type Browser, type Page } from 'playwright-core';
import { StreamServiceRef, type StreamService } from '@motia/engine-core/contract';
import { startTestHost, type TestHost } from '@motia/engine-core/testing';
import { stream } from '@motia/module-stream';
import { Stream, type StreamSubscription } from '@motia/stream-client/node';
import { describeWithTools, findTool } from '@motia/tools/testing';
import { startBreakingProxy, type BreakingProxy } from './harness/breaking-proxy.js';

interface Todo {
  readonly id: string;
  readonly title: string;
}
const at = (item: string) => ({ stream: 'todo', group: 'inbox', item });

/** Resolves once the subscription is in a state that the predicate accepts. */
function until<T>(subscription: StreamSubscription<T>, accepts: (state: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (subscription.status !== 'live' || !accepts(subscription.getState())) return;
      subscription.removeChangeListener(look);
      resolve(subscription.getState());
    };
    subscription.addChangeListener(look);
    look();
  });
}

describe('the stream client with a real engine', () => {
  let host: TestHost;
  let service: StreamService;
  let proxy: BreakingProxy;
  beforeAll(async () => {
    host = await startTestHost([stream({ port: 0 })]);
    service = host.service(StreamServiceRef);
    proxy = await startBreakingProxy(service.address()?.port ?? 0);
  });
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]();
    await host.stop({ drainTimeoutMs: 500 });
  });

  it('T2 T3 in Node, two clients are where the server is after 1,000 changes and 100 cut connections', async () => {
    const clients = [1, 2].map(() => new Stream<{ todo: Todo }>(`ws://127.0.0.1:${proxy.port}`));
    const groups = clients.map((client) => client.subscribeGroup('todo', 'inbox'));
    await Promise.all(groups.map((group) => until(group, () => true)));
    for (let change = 1; change <= 1_000; change += 1) {
      const item = `t${change % 37}`;
      if (change % 5 === 0) await service.delete(at(item));
      else await service.set(at(item), { id: item, title: `title ${change}` });
      if (change % 10 === 0) proxy.cut();
    }
    await service.set(at('last'), { id: 'last', title: 'the last one' });
    const states = await Promise.all(groups.map((group) => until(group, (todos) => todos.some(({ id }) => id === 'last'))));
    const expected = (await host.functions.invoke('stream::list', { stream_name: 'todo', group_id: 'inbox' })) as Todo[];
    const byId = (todos: readonly Todo[]) => [...todos].sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const state of states) expect(byId(state)).toEqual(byId(expected));
    for (const client of clients) client.close();
  }, 60_000);

  describeWithTools(['chromium'], 'in headless Chromium, with React', () => {
    let browser: Browser;
    let page: Page;
    let site: Server;
    const problems: string[] = [];
    beforeAll(async () => {
      const bundle = await build({
        entryPoints: [fileURLToPath(new URL('./fixtures/live-page.ts', import.meta.url))],
        bundle: true, write: false, format: 'esm', platform: 'browser', target: 'es2022', define: { 'process.env.NODE_ENV': '"development"' }, logLevel: 'silent',
      });
      await stopEsbuild();
      const script = bundle.outputFiles[0]?.text ?? '';
      site = createServer((request, response) => {
        response.setHeader('content-type', request.url === '/page.js' ? 'text/javascript' : 'text/html');
        response.end(request.url === '/page.js' ? script : '<!doctype html><link rel="icon" href="data:,"><div id="root"></div><script type="module" src="/page.js"></script>');
      });
      await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
      browser = await chromium.launch({
        executablePath: findTool('chromium') as string,
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
      });
      page = await browser.newPage();
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.text().includes('WebSocket connection')) problems.push(message.text());
      });
      for (const { id } of (await host.functions.invoke('stream::list', { stream_name: 'todo', group_id: 'inbox' })) as Todo[]) await service.delete(at(id));
      await service.set(at('t2'), { id: 't2', title: 'b' });
      await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/#${proxy.port}`);
    }, 60_000);
    afterAll(async () => {
      await browser.close();
      await new Promise<void>((resolve) => site.close(() => resolve()));
    });
    const text = (selector: string, expected: string) => page.waitForFunction(`document.querySelector(${JSON.stringify(selector)})?.textContent === ${JSON.stringify(expected)}`, undefined, { timeout: 20_000 });

    it('shows what there is, then every change, in every component', async () => {
      await text('#first', 'b');
      await text('#one', 'nothing');
      await service.set(at('t1'), { id: 't1', title: 'a' });
      await text('#first', 'a, b');
      await text('#second', 'a, b');
      await text('#one', 'a');
      // That of the page and that of its panel.
      expect(proxy.open).toBe(2);
    });

    it('hears messages once, although effects run twice in development', async () => {
      await service.send({ stream: 'todo', group: 'inbox' }, { type: 'typing', data: 'Ada' });
      await page.waitForFunction("document.querySelector('#first')?.dataset.heard === 'Ada'", undefined, { timeout: 20_000 });
    });

    it('goes on after its connection was cut', async () => {
      proxy.cut();
      await service.delete(at('t1'));
      await text('#first', 'b');
      await text('#one', 'nothing');
      await page.waitForFunction("document.querySelector('#first')?.dataset.status === 'live'", undefined, { timeout: 20_000 });
    });

    it('asks for its credentials as they are now when it connects again', async () => {
      await page.click('#renew');
      proxy.cut();
      await page.waitForFunction("offered.at(-1) === 'Authorization,new' || offered.at(-2) === 'Authorization,new'", undefined, { timeout: 20_000 });
    });

    it('never shows items of the group that was followed before', async () => {
      for (const room of ['north', 'south']) await service.set({ stream: 'rooms', group: room, item: 'r' }, { id: 'r', title: room });
      await text('#room', 'north');
      for (const room of ['south', 'north', 'south']) {
        await page.click('#room');
        await text('#room', room);
      }
      expect(await page.evaluate("document.querySelector('#room').dataset.mistakes")).toBe('0');
    });

    it('a part with a client of its own that was hidden follows again when it is shown', async () => {
      await text('#panel', 'b');
      await page.click('#hide');
      await page.waitForFunction("document.querySelector('#panel')?.checkVisibility() === false", undefined, { timeout: 20_000 });
      await service.set(at('t3'), { id: 't3', title: 'c' });
      await text('#first', 'b, c');
      await page.click('#hide');
      await text('#panel', 'b, c');
      await service.delete(at('t3'));
      await text('#panel', 'b');
      expect(problems).toEqual([]);
    });

    it('lets go of what no component follows any more, and takes it up again', async () => {
      await page.click('#toggle');
      await page.waitForFunction("document.querySelector('#second') === null", undefined, { timeout: 20_000 });
      await page.click('#toggle');
      await text('#second', 'b');
      expect(problems).toEqual([]);
    });
  });
});
