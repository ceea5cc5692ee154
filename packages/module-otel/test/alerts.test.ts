import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from '@motia/engine-core/testing';
import { privateAddressReason } from '../src/alerts/address-guard.js';
import { callWebhook } from '../src/alerts/webhook.js';
import { startOtel, type RunningOtel } from './fixtures/start-otel.js';

const turns = async (count = 20): Promise<void> => {
  for (let n = 0; n < count; n += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};
interface AlertShown {
  readonly name: string;
  readonly firing: boolean;
  readonly value: number | null;
  readonly times_triggered: number;
  readonly last_error?: string;
  readonly action: unknown;
}
const alerts = async (otel: RunningOtel): Promise<readonly AlertShown[]> => (await otel.call<{ alerts: AlertShown[] }>('engine::alerts::list')).alerts;
const fail = (otel: RunningOtel): Promise<unknown> => otel.run('bad', () => { throw new Error('no'); });

interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly host: string;
  readonly received: unknown[];
  next(): Promise<unknown>;
}
async function receiver(statuses: readonly number[] = []): Promise<Receiver> {
  const received: unknown[] = [];
  const waiting: ((body: unknown) => void)[] = [];
  let count = 0;
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as unknown;
      received.push(body);
      response.writeHead(statuses[count] ?? 204, { location: 'http://169.254.169.254/' }).end();
      count += 1;
      waiting.shift()?.(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}/hook`, host: `127.0.0.1:${String(port)}`, received,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    [Symbol.asyncDispose]: async () => { server.closeAllConnections(); await new Promise((resolve) => server.close(resolve)); },
  };
}

describe('alerts', () => {
  it('say nothing about what nobody has measured, and that nothing was counted', async () => {
    await using otel = await startOtel({
      alerts: [
        { name: 'depth', metric: 'iii.queue.depth', threshold: 1, operator: '<' },
        { name: 'slow', metric: 'iii.invocation.duration', threshold: 5, operator: '<' },
        { name: 'idle', metric: 'iii.invocations.total', threshold: 1, operator: '<' },
      ],
    });
    await otel.clock.advance('10s');
    expect((await alerts(otel)).map(({ name, firing, value }) => [name, firing, value])).toEqual([['depth', false, null], ['slow', false, null], ['idle', true, 0]]);
  });

  it('fire when a metric passes its threshold within the window, and again after the cooldown', async () => {
    await using otel = await startOtel({ alerts: [{ name: 'errors', metric: 'iii.invocations.error', threshold: 2, operator: '>=', window_seconds: 60, cooldown_seconds: 120, action: 'log' }] });
    await fail(otel);
    await otel.clock.advance('10s');
    expect(await alerts(otel)).toMatchObject([{ firing: false, value: 1, times_triggered: 0 }]);
    await fail(otel);
    await otel.clock.advance('10s');
    expect(await alerts(otel)).toMatchObject([{ firing: true, value: 2, times_triggered: 1 }]);
    expect(otel.host.logs.find('Alert errors')).toMatchObject({ level: 'warn', fields: { alert: 'errors', metric: 'iii.invocations.error', value: 2, threshold: 2, operator: '>=' } });
    await otel.clock.advance('20s');
    expect(await alerts(otel)).toMatchObject([{ firing: true, times_triggered: 1 }]);
    await otel.clock.advance('90s');
    expect(await alerts(otel)).toMatchObject([{ firing: false, value: 0 }]);
    await fail(otel);
    await fail(otel);
    await otel.clock.advance('10s');
    expect(await alerts(otel)).toMatchObject([{ times_triggered: 2 }]);
  });

  it('watch gauges and durations by the statistic that is asked for', async () => {
    await using otel = await startOtel({
      alerts: [
        { name: 'workers', metric: 'iii.workers.active', threshold: 1, operator: '<' },
        { name: 'slow', metric: 'iii.invocation.duration', threshold: 400, statistic: 'max' },
        { name: 'p50', metric: 'iii.invocation.duration', threshold: 400, statistic: 'p50' },
        { name: 'off', metric: 'iii.workers.active', threshold: 1, operator: '<', enabled: false },
      ],
    });
    for (const ms of [1, 1, 1, 500]) await otel.run(`f${String(ms)}`, () => otel.clock.advance(ms));
    expect(await otel.call('engine::alerts::evaluate')).toMatchObject({ evaluated: 4, triggered: [{ alert: 'workers', value: 0 }, { alert: 'slow', value: 500 }] });
    expect((await alerts(otel)).map(({ name, firing }) => [name, firing])).toEqual([['workers', true], ['slow', true], ['p50', false], ['off', false]]);
  });

  it.each([
    ['as existing files write it', (url: string) => ({ action: 'webhook', webhook_url: url })],
    ['as an object', (url: string) => ({ action: { type: 'webhook', url } })],
  ])('call a webhook, %s', async (_title, action) => {
    await using hook = await receiver();
    await using otel = await startOtel({ alerts: [{ name: 'errors', metric: 'iii.invocations.error', threshold: 0, ...action(hook.url) }], alert_webhooks: { allowed_hosts: [hook.host] } });
    await fail(otel);
    const got = hook.next();
    await otel.call('engine::alerts::evaluate');
    expect(await got).toEqual({ alert: 'errors', metric: 'iii.invocations.error', value: 1, threshold: 0, operator: '>', timestamp: otel.clock.now() });
    expect(JSON.stringify(await alerts(otel))).not.toContain('/hook');
  });

  it('call a function', async () => {
    await using otel = await startOtel({ alerts: [{ name: 'errors', metric: 'iii.invocations.error', threshold: 0, action: { type: 'function', path: 'page' } }, { name: 'lost', metric: 'iii.invocations.error', threshold: 0, action: 'function', function_id: 'missing' }] });
    const got: unknown[] = [];
    otel.host.functions.register({ id: 'page' }, (payload) => void got.push(payload));
    await fail(otel);
    await otel.call('engine::alerts::evaluate');
    await turns();
    expect(got).toMatchObject([{ alert: 'errors', value: 1 }]);
    expect((await alerts(otel))[1]).toMatchObject({ last_error: expect.stringContaining('missing') });
    expect(otel.host.logs.find('could not be told')).toBeDefined();
  });

  it('are not kept up by what they call themselves', async () => {
    await using otel = await startOtel({ alerts: [{ name: 'errors', metric: 'iii.invocations.error', threshold: 0, cooldown_seconds: 0, action: { type: 'function', path: 'page' } }] });
    otel.host.functions.register({ id: 'page' }, () => { throw new Error('nobody answers'); });
    await fail(otel);
    await otel.clock.advance('30s');
    expect(await alerts(otel)).toMatchObject([{ firing: true, value: 1 }]);
    await otel.clock.advance('2m');
    expect(await alerts(otel)).toMatchObject([{ firing: false, value: 0 }]);
  });

  it('tell nobody any more when the engine has stopped', async () => {
    await using hook = await receiver([500, 500, 500]);
    const clock = new ManualClock();
    {
      await using otel = await startOtel({ alerts: [{ name: 'errors', metric: 'iii.invocations.error', threshold: 0, action: { type: 'webhook', url: hook.url } }], alert_webhooks: { allowed_hosts: [hook.host] } }, { clock });
      await fail(otel);
      const got = hook.next();
      await otel.call('engine::alerts::evaluate');
      await got;
      while (!otel.host.logs.find('could not be told') && clock.nextTimerInMs !== 1_000) await turns(1);
    }
    await turns();
    await clock.advance('1m');
    expect(hook.received).toHaveLength(1);
  });

  it('that watch what nobody measures say so', async () => {
    await using otel = await startOtel({ alerts: [{ name: 'typo', metric: 'iii.invocations.eror', threshold: 0 }] });
    await otel.clock.advance('1m');
    expect(otel.host.logs.find('which nobody has measured')).toMatchObject({ level: 'warn', message: expect.stringContaining('iii.invocations.error') });
  });
});

describe('webhooks', () => {
  const options = (more: object = {}) => ({ clock: new ManualClock(), allowedHosts: [] as string[], timeoutMs: 1_000, ...more });

  it.each(['http://127.0.0.1/', 'http://localhost/', 'http://[::1]/', 'http://169.254.169.254/latest/meta-data', 'http://10.0.0.1/', 'http://[::ffff:10.0.0.1]/', 'http://[::ffff:7f00:1]/', 'http://0.0.0.0/', 'http://[fd00::1]/', 'http://2130706433/', 'http://0x7f.1/'])('refuse %s', async (url) => {
    await expect(callWebhook(url, {}, options())).rejects.toMatchObject({ code: 'MOTIA_OTEL_WEBHOOK_REFUSED' });
  });

  it('refuse a name as soon as one of its addresses is private', async () => {
    await expect(callWebhook('http://example.test/', {}, options({ resolve: async () => ['93.184.216.34', '127.0.0.1'] }))).rejects.toMatchObject({ code: 'MOTIA_OTEL_WEBHOOK_REFUSED' });
  });

  it('call the address that was checked, whatever the name says then', async () => {
    await using hook = await receiver();
    const answers = [['127.0.0.1'], ['10.0.0.1']];
    const port = new URL(hook.url).port;
    await callWebhook(`http://changing.test:${port}/hook`, { n: 1 }, options({ allowedHosts: [`changing.test:${port}`], resolve: async () => answers.shift() ?? [] }));
    expect(hook.received).toEqual([{ n: 1 }]);
    expect(answers).toHaveLength(1);
  });

  it('know an allowed host again, in any case and with the usual port', async () => {
    await using hook = await receiver();
    const { port } = new URL(hook.url);
    const resolve = async (): Promise<readonly string[]> => ['127.0.0.1'];
    await callWebhook(`http://Hooks.Test:${port}/hook`, {}, options({ allowedHosts: [`HOOKS.test:${port}`], resolve }));
    await callWebhook(`http://hooks.test:${port}/hook`, {}, options({ allowedHosts: ['Hooks.Test'], resolve }));
    expect(hook.received).toHaveLength(2);
    // Port 1 of this machine takes nothing: what matters is that it was called.
    const refusal = (url: string, allowed: string): Promise<unknown> => callWebhook(url, {}, { ...options({ allowedHosts: [allowed], resolve: async () => ['10.0.0.1'] }), signal: AbortSignal.abort() }).catch((error: unknown) => error);
    expect(await refusal('https://hooks.test/', 'hooks.test:443')).toMatchObject({ code: 'MOTIA_OTEL_WEBHOOK_FAILED' });
    expect(await refusal('https://hooks.test/', 'hooks.test:80')).toMatchObject({ code: 'MOTIA_OTEL_WEBHOOK_REFUSED' });
  });

  it('take the status for the answer, and what comes behind it for as long as an answer has time', async () => {
    let closed!: () => void;
    const isClosed = new Promise<void>((resolve) => (closed = resolve));
    const server = createServer((_request, response) => {
      response.writeHead(200).write('an answer that never ends');
    });
    server.on('connection', (socket) => socket.on('close', closed));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const clock = new ManualClock();
    await callWebhook(`http://${host}/`, {}, options({ allowedHosts: [host], clock }));
    expect(clock.pendingTimers).toBe(1);
    await clock.advance('1s');
    await isClosed;
    expect(clock.pendingTimers).toBe(0);
    await new Promise((resolve) => server.close(resolve));
  });

  it('try three times, and follow no redirect', async () => {
    await using hook = await receiver([500, 302, 503]);
    const clock = new ManualClock();
    const outcome = callWebhook(hook.url, {}, { clock, allowedHosts: [hook.host], timeoutMs: 5_000 }).catch((error: unknown) => error);
    for (let tries = 1; tries <= 3; tries += 1) {
      while (hook.received.length < tries) {
        await turns(1);
        if (clock.pendingTimers > 0 && hook.received.length === tries - 1 && tries > 1) await clock.advance('1s');
      }
    }
    expect(await outcome).toMatchObject({ code: 'MOTIA_OTEL_WEBHOOK_FAILED', message: expect.stringContaining('503') });
    expect(hook.received).toHaveLength(3);
  });
});

describe('addresses', () => {
  it.each(['127.0.0.1', '10.1.2.3', '172.31.255.255', '192.168.0.1', '169.254.0.1', '100.64.0.1', '0.1.2.3', '224.0.0.1', '255.255.255.255', '::', '::1', 'fe80::1', 'fc00::1', 'ff02::1', '::ffff:192.168.0.1', '::ffff:c0a8:1', '::10.0.0.1', '64:ff9b::10.0.0.1', '2002:a00:1::', '2001:db8::1', '2001::1', 'fe80::1%eth0', 'nonsense'])('%s is not public', (address) => {
    expect(privateAddressReason(address)).toBeDefined();
  });
  it.each(['93.184.216.34', '172.32.0.1', '100.128.0.1', '2606:2800:220:1::1', '::ffff:93.184.216.34', '64:ff9b::5db8:d822'])('%s is public', (address) => {
    expect(privateAddressReason(address)).toBeUndefined();
  });
  it('of IPv4 are judged alike when they are written as IPv6', () => {
    fc.assert(fc.property(fc.ipV4(), (address) => {
      const isPrivate = privateAddressReason(address) !== undefined;
      expect(privateAddressReason(`::ffff:${address}`) !== undefined).toBe(isPrivate);
      expect(privateAddressReason(`64:ff9b::${address}`) !== undefined).toBe(isPrivate);
    }));
  });
});
