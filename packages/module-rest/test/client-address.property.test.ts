import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import express from 'express';
import fc from 'fast-check';
import { ClientFinder, clientFinder } from '../src/client-address.js';
import { startRest } from './fixtures/start-rest.js';

const address = fc.oneof(fc.constantFrom('127.0.0.1', '10.1.2.3', '192.168.0.9', '203.0.113.7', '::1', 'fc00::1', 'fe80::5', '2001:db8::1'), fc.ipV4(), fc.ipV6());
const trusted = fc.oneof(fc.boolean(), fc.integer({ min: 0, max: 5 }), fc.uniqueArray(fc.oneof(fc.constantFrom('loopback', 'linklocal', 'uniquelocal', '10.0.0.0/8', '2001:db8::/32'), fc.ipV4()), { minLength: 1, maxLength: 4 }));
const protocol = fc.constantFrom('http', 'https', 'https, http', undefined);
const requestOf = (remoteAddress: string, headers: object): IncomingMessage => ({ socket: { remoteAddress }, connection: { remoteAddress }, headers }) as unknown as IncomingMessage;

describe('the client of a request', () => {
  it('is who Express with the same `trust proxy` says', () => {
    fc.assert(fc.property(address, fc.array(address, { maxLength: 5 }), trusted, protocol, (remote, hops, trust, proto) => {
      const headers = { ...(hops.length === 0 ? {} : { 'x-forwarded-for': hops.join(', ') }), ...(proto === undefined ? {} : { 'x-forwarded-proto': proto }) };
      const app = express();
      app.set('trust proxy', trust);
      const theirs = Object.assign(Object.create(app.request) as express.Request, requestOf(remote, headers), { app });
      const ours = new ClientFinder(trust).of(requestOf(remote, headers));
      expect([ours.address, ours.protocol]).toEqual([theirs.ip, theirs.protocol]);
    }), { numRuns: 500 });
  });

  it('is never nonsense that a header holds, and IPv4 is shown as IPv4', () => {
    const finder = new ClientFinder(true);
    expect(finder.of(requestOf('::ffff:10.0.0.1', {})).address).toBe('10.0.0.1');
    expect(finder.of(requestOf('10.0.0.1', { 'x-forwarded-for': '<script>, 10.0.0.2', 'x-forwarded-proto': 'gopher' }))).toMatchObject({ address: '10.0.0.2', protocol: 'http' });
    expect(finder.of(requestOf('10.0.0.1', { 'x-forwarded-for': ' , ,' })).address).toBe('10.0.0.1');
  });

  it('needs addresses and networks that exist', () => {
    for (const entry of ['10.0.0.0/33', '300.1.1.1', 'everywhere', '10.0.0.0/', '::/129']) expect(() => clientFinder([entry])).toThrow(expect.objectContaining({ code: 'MOTIA_REST_INVALID_PROXY' }));
  });

  it('reaches handlers, through the listener and through the router of an app', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' };
    const seen = async (options: Parameters<typeof startRest>[0]): Promise<unknown> => {
      await using rest = await startRest(options);
      await rest.route('GET /who', (payload) => ({ body: payload }));
      const { client_address: from, protocol: how } = (await rest.call('GET /who', { headers })).json;
      return [from, how];
    };
    expect(await seen({})).toEqual(['127.0.0.1', 'http']);
    expect(await seen({ options: { trust_proxy: 1 } })).toEqual(['203.0.113.7', 'https']);
    expect(await seen({ options: { trust_proxy: ['loopback'] } })).toEqual(['203.0.113.7', 'https']);
    expect(await seen({ options: { trust_proxy: ['10.0.0.0/8'] } })).toEqual(['127.0.0.1', 'http']);
    // The app has its own setting.
    expect(await seen({ via: 'router', options: { trust_proxy: true } })).toEqual(['127.0.0.1', 'http']);
  });
});
