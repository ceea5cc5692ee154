import { lookup } from 'node:dns/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { delay } from '@motia/engine-core';
import { messageOf, type Clock } from '@motia/engine-core/contract';
import { otelErrors } from '../errors.js';
import { privateAddressReason } from './address-guard.js';

export interface WebhookOptions {
  readonly clock: Clock;
  /** `host` or `host:port` that may be called whatever its address. */
  readonly allowedHosts: readonly string[];
  readonly timeoutMs: number;
  /** Calls it off. */
  readonly signal?: AbortSignal;
  /** Finds the addresses of a name. Default: the system's. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

/** Milliseconds before the second and the third try. */
const waitsMs = [1_000, 2_000] as const;

/**
 * Sends a JSON body, up to three times. The address is looked up once, checked, and then called: a name that changes
 * its address in between reaches nobody else. Redirects are not followed.
 * @throws `MOTIA_OTEL_WEBHOOK_REFUSED`, `MOTIA_OTEL_WEBHOOK_FAILED`
 */
export async function callWebhook(url: string, body: unknown, options: WebhookOptions): Promise<void> {
  const target = new URL(url);
  for (let attempt = 0; ; attempt += 1) {
    try {
      // Looked up anew for each try: the receiver may have moved.
      const address = await permittedAddress(target, options);
      return await post(target, address, JSON.stringify(body), options);
    } catch (error) {
      const waitMs = waitsMs[attempt];
      if (waitMs === undefined || (error as { code?: unknown }).code === 'MOTIA_OTEL_WEBHOOK_REFUSED') throw error;
      await delay(options.clock, waitMs, options.signal);
      if (options.signal?.aborted === true) throw error;
    }
  }
}

async function permittedAddress(target: URL, { allowedHosts, resolve = systemLookup }: WebhookOptions): Promise<string> {
  const host = target.hostname.replace(/^\[|\]$/g, '');
  let addresses: readonly string[];
  try {
    addresses = isIP(host) === 0 ? await resolve(host) : [host];
  } catch (error) {
    throw otelErrors.WEBHOOK_FAILED({ host: target.host, reason: `its name is not known (${messageOf(error)})` }, error);
  }
  const [first] = addresses;
  if (first === undefined) throw otelErrors.WEBHOOK_FAILED({ host: target.host, reason: 'its name has no address' });
  if (isAllowed(target, allowedHosts)) return first;
  // One private address among several is one that could be hit.
  const reason = addresses.map(privateAddressReason).find((each) => each !== undefined);
  if (reason !== undefined) throw otelErrors.WEBHOOK_REFUSED({ host: target.host, reason });
  return first;
}

function isAllowed({ protocol, hostname, port }: URL, allowedHosts: readonly string[]): boolean {
  const usualPort = protocol === 'https:' ? '443' : '80';
  return allowedHosts.some((allowed) => [hostname, `${hostname}:${port === '' ? usualPort : port}`].includes(allowed.toLowerCase()));
}

async function systemLookup(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
}

function post(target: URL, address: string, body: string, { clock, timeoutMs, signal }: WebhookOptions): Promise<void> {
  const family = isIP(address) === 6 ? 6 : 4;
  const pinned: LookupFunction = (_host, options, done) => {
    if (options.all === true) (done as (error: null, found: { address: string; family: number }[]) => void)(null, [{ address, family }]);
    else done(null, address, family);
  };
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
  const controller = new AbortController();
  const timer = clock.setTimeout(() => controller.abort(), timeoutMs);
  const ended = signal === undefined ? controller.signal : AbortSignal.any([controller.signal, signal]);
  return new Promise<void>((resolve, reject) => {
    const fail = (reason: string, cause?: unknown): void => reject(otelErrors.WEBHOOK_FAILED({ host: target.host, reason }, cause));
    const outgoing = send(target, { method: 'POST', lookup: pinned, agent: false, signal: ended, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }, (response) => {
      // The status is the answer. What else it says is let pass for as long as the answer had time for.
      response.resume().once('close', () => clock.clear(timer));
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) resolve();
      else fail(`it answered ${String(status)}`);
    });
    outgoing.on('error', (error) => {
      clock.clear(timer);
      fail(controller.signal.aborted ? `it did not answer within ${String(timeoutMs)} ms` : error.message, error);
    });
    outgoing.end(body);
  });
}
