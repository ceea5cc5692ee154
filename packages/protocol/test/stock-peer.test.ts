import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { CancellationTokenSource, createMessageConnection, ResponseError, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import type { CancellationToken, MessageConnection } from 'vscode-jsonrpc/node';
import { createEndpoint, MotiaError, nodeStreamTransport, WireValue } from '../src/index.js';
import type { Endpoint, EndpointRole } from '../src/index.js';
import { invocation, until } from './connected-pair.js';

/** Our endpoint in one role, and vscode-jsonrpc as it comes in the other. */
function withStockPeer(role: EndpointRole): { endpoint: Endpoint; peer: MessageConnection } {
  const toPeer = new PassThrough();
  const toUs = new PassThrough();
  const endpoint = createEndpoint(nodeStreamTransport(toUs, toPeer), { role });
  const peer = createMessageConnection(new StreamMessageReader(toPeer), new StreamMessageWriter(toUs));
  return { endpoint, peer };
}

describe.each(['engine', 'worker'] as const)('a stock vscode-jsonrpc peer of an endpoint in the role %s', (role) => {
  it('is called with our string ids and answers', async () => {
    const { endpoint, peer } = withStockPeer(role);
    peer.onRequest('functions/invoke', ({ payload }: { payload: unknown }) => ({ got: payload }));
    endpoint.listen();
    peer.listen();
    const results = await Promise.all([1, 'é', null].map((payload) => endpoint.invoke(invocation('f'), payload).result));
    expect(results).toEqual([{ got: 1 }, { got: 'é' }, { got: null }]);
    peer.dispose();
    endpoint.close();
  });

  it('calls functions/invoke with numeric ids, and is answered with values, nulls and errors', async () => {
    const { endpoint, peer } = withStockPeer(role);
    endpoint.onInvoke(({ params, payload }) => {
      if (params.functionId === 'fail') throw new MotiaError({ code: 'MOTIA_SDK_X', message: 'no', status: 409 });
      if (params.functionId === 'wire') return WireValue.of({ status: 200 }, { at: '/body', as: 'json', bytes: Buffer.from('[1]') });
      if (params.functionId === 'bigint') return 1n;
      return payload;
    });
    endpoint.listen();
    peer.listen();
    expect(await peer.sendRequest('functions/invoke', { ...invocation('f'), payload: { a: 1 } })).toEqual({ a: 1 });
    expect(await peer.sendRequest('functions/invoke', invocation('f'))).toBeNull();
    expect(await peer.sendRequest('functions/invoke', invocation('wire'))).toEqual({ status: 200, body: [1] });
    await expect(peer.sendRequest('functions/invoke', invocation('fail'))).rejects.toMatchObject({ code: 1, message: 'no', data: { code: 'MOTIA_SDK_X', status: 409 } });
    await expect(peer.sendRequest('functions/invoke', invocation('bigint'))).rejects.toMatchObject({ code: 1, data: { code: 'MOTIA_PROTOCOL_NOT_SERIALIZABLE' } });
    await expect(peer.sendRequest('functions/invoke', {})).rejects.toMatchObject({ code: -32602 });
    await expect(peer.sendRequest('no/such', {})).rejects.toMatchObject({ code: -32601 });
    peer.dispose();
    endpoint.close();
  });

  it('exchanges every other request and notification both ways', async () => {
    const { endpoint, peer } = withStockPeer(role);
    const seen: unknown[] = [];
    endpoint.onRequest('ping', (params) => ({ uptimeMs: Object.keys(params).length, inFlight: 0 }));
    endpoint.onRequest('drain', () => Promise.reject(new MotiaError({ code: 'MOTIA_SDK_BUSY', message: 'busy', retryable: true })));
    endpoint.onNotification('logs/emit', (params) => seen.push(params));
    peer.onRequest('ping', () => ({ uptimeMs: 2, inFlight: 1 }));
    peer.onRequest('drain', () => new ResponseError(1, 'not now', { code: 'MOTIA_SDK_BUSY', message: 'not now', retryable: true }));
    peer.onNotification('shutdown', (params) => void seen.push(params));
    endpoint.listen();
    peer.listen();
    expect(await endpoint.request('ping', {})).toEqual({ uptimeMs: 2, inFlight: 1 });
    expect(await peer.sendRequest('ping')).toEqual({ uptimeMs: 0, inFlight: 0 });
    await expect(endpoint.request('drain', { deadlineMs: 1 })).rejects.toMatchObject({ code: 'MOTIA_SDK_BUSY', retryable: true });
    await expect(peer.sendRequest('drain', {})).rejects.toMatchObject({ code: 1, data: { code: 'MOTIA_SDK_BUSY', retryable: true } });
    await peer.sendNotification('logs/emit', { entries: [{ message: 'm' }] });
    endpoint.notify('shutdown', { reason: 'r' });
    await until(() => seen.length === 2);
    expect(seen).toEqual(expect.arrayContaining([{ entries: [{ message: 'm' }] }, { reason: 'r' }]));
    peer.dispose();
    endpoint.close();
  });

  it('cancels our handlers with a cancellation token, and sees ours', async () => {
    const { endpoint, peer } = withStockPeer(role);
    endpoint.onInvoke((call) => new Promise((resolve) => call.onCancel(resolve)));
    let isRunning = false;
    peer.onRequest('functions/invoke', (_params: unknown, token: CancellationToken) => {
      isRunning = true;
      return new Promise((resolve) => token.onCancellationRequested(() => resolve('theirs')));
    });
    endpoint.listen();
    peer.listen();
    const source = new CancellationTokenSource();
    const theirs = peer.sendRequest('functions/invoke', invocation('f'), source.token);
    await until(() => endpoint.counters.framesIn === 1);
    source.cancel();
    expect(await theirs).toBe('the caller cancelled the call');
    const ours = endpoint.invoke(invocation('f'), 1);
    await until(() => isRunning);
    ours.cancel();
    expect(await ours.result).toBe('theirs');
    peer.dispose();
    endpoint.close();
  });

  it('that hangs up fails what waits', async () => {
    const toUs = new PassThrough();
    const endpoint = createEndpoint(nodeStreamTransport(toUs, new PassThrough()), { role });
    endpoint.listen();
    const call = endpoint.invoke(invocation('f'), 1);
    const ping = endpoint.request('ping', {});
    toUs.end();
    await expect(call.result).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_CONNECTION_CLOSED' });
    await expect(ping).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_CONNECTION_CLOSED' });
  });
});
