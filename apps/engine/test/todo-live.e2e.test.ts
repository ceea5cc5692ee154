import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { chromium, type Browser, type Page } from 'playwright-core';
import { describeWithTools, findTool } from '@motia/tools/testing';
import { example } from './harness/example.js';
import { startIii, type RunningEngine } from './harness/running-engine.js';

const folder = example('todo-live');
const clean = (): void => rmSync(join(folder, 'data'), { recursive: true, force: true });

describeWithTools(['chromium'], 'examples/todo-live', () => {
  let engine: RunningEngine;
  let browser: Browser;
  let pages: Page[];
  const problems: string[] = [];
  beforeAll(async () => {
    clean();
    engine = await startIii({ cwd: folder, env: { STREAM_PORT: '0' } });
    const listening = await engine.waitForLog('streams to listen', ({ message, source }) => message === 'Listening' && source === '@motia/module-stream');
    browser = await chromium.launch({
      executablePath: findTool('chromium') as string,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
    pages = await Promise.all([1, 2].map(async () => {
      const page = await browser.newPage();
      page.on('pageerror', (error) => problems.push(String(error)));
      await page.goto(`${engine.url}/?streams=${String(listening.fields?.['port'])}`);
      await page.waitForFunction("document.querySelector('#status')?.textContent === 'live'", undefined, { timeout: 20_000 });
      return page;
    }));
  }, 90_000);
  afterAll(async () => {
    await browser.close();
    await engine.stop();
    clean();
  });
  const shows = async (expression: string): Promise<void> => {
    for (const page of pages) await page.waitForFunction(expression, undefined, { timeout: 20_000 });
  };

  it('shows in every page what is added, ticked and removed in one', async () => {
    const [first, second] = pages as [Page, Page];
    await first.fill('input[name=title]', 'Water the plants <b>now</b>');
    await first.click('form button');
    await shows("document.querySelector('li span')?.textContent === 'Water the plants <b>now</b>'");
    await second.click('li input');
    await shows("document.querySelector('li.done') !== null");
    await shows("document.querySelector('#cheer')?.textContent.startsWith('All done')");
    await first.click('li button');
    await shows("document.querySelector('li') === null");
    expect(problems).toEqual([]);
  });

  it('gives out the files of the client and nothing else', async () => {
    expect((await fetch(`${engine.url}/stream-client/index.js`)).headers.get('content-type')).toContain('text/javascript');
    for (const path of ['..%2Fpackage.json', 'nothing.js', 'index.d.ts']) expect((await fetch(`${engine.url}/stream-client/${path}`)).status).toBe(404);
  });
});
