import { describe, expect, it } from '@jest/globals';
import { createMemoryTransportPair, createEndpoint } from '../src/index.js';
import { endpointWithWire, invocation, turn, until } from './connected-pair.js';

const wireError = (code: string) => expect.objectContaining({ code });

describe('bad frames', () => {
  it.each([
    ['no JSON', '{"jsonrpc":', -32700, null],
    ['no JSON, with a readable id', '{"jsonrpc":"2.0","id":7,"method":"ping",', -32700, 7],
    ['no JSON, with a readable string id', '{"jsonrpc":"2.0","id":"w7","method":"functions/invoke",', -32700, 'w7'],
    ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600, null],
    ['another jsonrpc version', '{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600, null],
    ['id null', '{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, null],
    ['id an object', '{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600, null],
    ['id a boolean', '{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600, null],
    ['a method that is no string', '{"jsonrpc":"2.0","id":3,"method":5}', -32600, 3],
    ['params that are a string', '{"jsonrpc":"2.0","id":4,"method":"ping","params":"x"}', -32600, 4],
    ['an answer without id', '{"jsonrpc":"2.0","result":5}', -32600, null],
    ['a raw member that makes no sense', '{"jsonrpc":"2.0","id":"w5","method":"functions/invoke","params":{},"raw":{"at":"/x","as":"json","base64":""}}', -32600, 'w5'],
  ])('%s is answered with its JSON-RPC error and counted', async (_, body, code, id) => {
    const faults: string[] = [];
    const { endpoint, send, nextSent } = endpointWithWire({ events: { onFault: (fault) => faults.push(fault.code) } });
    endpoint.listen();
    send(body);
    const expected = code === -32700 ? 'MOTIA_PROTOCOL_JSON_MALFORMED' : 'MOTIA_PROTOCOL_MESSAGE_INVALID';
    expect(await nextSent()).toEqual({ jsonrpc: '2.0', id, error: { code, message: expect.any(String), data: wireError(expected) } });
    expect(faults).toEqual([expected]);
    expect(endpoint.counters.faults).toBe(1);
    endpoint.close();
  });

  it('that answer a call fail it, and only it', async () => {
    const { endpoint, send } = endpointWithWire();
    endpoint.listen();
    const broken = endpoint.invoke(invocation('a'), 1);
    const fine = endpoint.invoke(invocation('b'), 1);
    send('{"jsonrpc":"2.0","id":"e1","result":{"a":}}');
    send({ jsonrpc: '2.0', id: 'e2', result: 'ok' });
    await expect(broken.result).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_JSON_MALFORMED' });
    expect(await fine.result).toBe('ok');
    const ping = endpoint.request('ping', {});
    send('{"jsonrpc":"2.0","id":0,"result":}');
    await expect(ping).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_JSON_MALFORMED' });
    endpoint.close();
  });

  it('over the limit fail the call they answer, or are refused as calls', async () => {
    const { endpoint, send, nextSent } = endpointWithWire({ limits: { maxFrameBytes: 1000 } });
    endpoint.listen();
    const call = endpoint.invoke(invocation('a'), 1);
    await nextSent();
    send(`{"jsonrpc":"2.0","id":"e1","result":"${'x'.repeat(2000)}"}`);
    await expect(call.result).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_FRAME_TOO_LARGE', details: { bytes: 2039, limit: 1000 } });
    send(`{"jsonrpc":"2.0","id":"w1","method":"functions/invoke","params":{"payload":"${'x'.repeat(2000)}"}}`);
    expect(await nextSent()).toMatchObject({ id: 'w1', error: { code: -32600, data: { code: 'MOTIA_PROTOCOL_FRAME_TOO_LARGE' } } });
    endpoint.close();
  });

  it('close the connection at the third', async () => {
    const closed: unknown[] = [];
    const { endpoint, wire } = endpointWithWire({ events: { onClose: (error) => closed.push(error) } });
    endpoint.listen();
    const pending = endpoint.invoke(invocation('a'), 1);
    wire.write('Content-Length: 10abc\r\n\r\n');
    wire.write('Content-Length: -1\r\n\r\n');
    await until(() => endpoint.counters.faults === 2);
    expect(closed).toEqual([]);
    wire.write('Content-Length: 4294967296\r\n\r\nContent-Length: x\r\n');
    await expect(pending.result).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_CONNECTION_CLOSED', cause: expect.objectContaining({ code: 'MOTIA_PROTOCOL_PEER_FAULTY' }) });
    expect(closed).toEqual([wireError('MOTIA_PROTOCOL_PEER_FAULTY')]);
    expect(endpoint.counters.faults).toBe(3);
  });

  it('at the end of the stream fail pending calls', async () => {
    const closed: unknown[] = [];
    const { endpoint, wire } = endpointWithWire({ events: { onClose: (error) => closed.push(error) } });
    endpoint.listen();
    const pending = endpoint.invoke(invocation('a'), 1);
    wire.write('Content-Length: 100\r\n\r\n{"jsonrpc":"2.0","id":"e1","res');
    wire.end();
    await expect(pending.result).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_CONNECTION_CLOSED' });
    expect(endpoint.counters.faults).toBe(1);
    expect(closed).toEqual([undefined]);
  });
});

describe('answers', () => {
  it('to nobody, twice, or to calls of another connection are counted and ignored', async () => {
    const first = endpointWithWire();
    const second = endpointWithWire();
    first.endpoint.listen();
    second.endpoint.listen();
    const call = first.endpoint.invoke(invocation('a'), 1);
    second.send({ jsonrpc: '2.0', id: 'e1', result: 'forged' });
    second.send({ jsonrpc: '2.0', id: 12, result: 'unknown' });
    second.send({ jsonrpc: '2.0', id: 'w1', result: 'unknown' });
    await until(() => second.endpoint.counters.lateAnswers === 3);
    first.send({ jsonrpc: '2.0', id: 'e1', result: 'right' });
    first.send({ jsonrpc: '2.0', id: 'e1', result: 'again' });
    expect(await call.result).toBe('right');
    await until(() => first.endpoint.counters.lateAnswers === 1);
    expect([first.endpoint.counters.faults, second.endpoint.counters.faults]).toEqual([0, 0]);
    first.endpoint.close();
    second.endpoint.close();
  });

  it('without id report a fault of ours to onPeerFault and are no fault of the peer', async () => {
    const reports: string[] = [];
    const { endpoint, send } = endpointWithWire({ events: { onPeerFault: (error) => reports.push(error.message) } });
    endpoint.listen();
    send({ jsonrpc: '2.0', id: null, error: { code: -32700, message: 'cannot read that' } });
    await until(() => reports.length === 1);
    expect(reports).toEqual(['cannot read that']);
    expect(endpoint.counters.faults).toBe(0);
    endpoint.close();
  });

  it('of the transport become protocol errors', async () => {
    const { endpoint, send } = endpointWithWire();
    endpoint.listen();
    const calls = [1, 2, 3, 4].map((n) => endpoint.invoke(invocation('a'), n).result);
    send({ jsonrpc: '2.0', id: 'e1', error: { code: -32601, message: 'Unhandled method' } });
    send({ jsonrpc: '2.0', id: 'e2', error: { code: -32602, message: 'bad' } });
    send({ jsonrpc: '2.0', id: 'e3', error: { code: 5, message: 'theirs', data: { x: 1 } } });
    send({ jsonrpc: '2.0', id: 'e4', error: { code: 1, message: 'm', data: { code: 'MOTIA_SDK_X', message: 'm', status: 'high' } } });
    await expect(calls[0]).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_METHOD_NOT_FOUND' });
    await expect(calls[1]).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_PARAMS_INVALID' });
    await expect(calls[2]).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_REMOTE_FAILED', details: { rpcCode: 5, message: 'theirs', data: { x: 1 } } });
    await expect(calls[3]).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_REMOTE_FAILED' });
    endpoint.close();
  });
});

describe('calls of a peer', () => {
  it('with wrong params are answered -32602 and no fault', async () => {
    const { endpoint, send, nextSent } = endpointWithWire();
    endpoint.onInvoke(() => 1);
    endpoint.listen();
    for (const params of [undefined, [], { functionId: '' }, { functionId: 'f' }]) {
      send({ jsonrpc: '2.0', id: 'w1', method: 'functions/invoke', params });
      expect(await nextSent()).toMatchObject({ id: 'w1', error: { code: -32602, data: { code: 'MOTIA_PROTOCOL_PARAMS_INVALID' } } });
    }
    expect(endpoint.counters.faults).toBe(0);
    endpoint.close();
  });

  it('that reuse an id in flight are a fault and run only once', async () => {
    let runs = 0;
    const { endpoint, send } = endpointWithWire();
    endpoint.onInvoke(() => new Promise(() => runs++));
    endpoint.listen();
    const call = { jsonrpc: '2.0', id: 'w1', method: 'functions/invoke', params: invocation('f') };
    send(call);
    send(call);
    await until(() => endpoint.counters.faults === 1);
    expect(runs).toBe(1);
    endpoint.close();
  });
});

describe('notifications', () => {
  it('whose params a handler cannot use are faults, not exceptions', async () => {
    const faults: unknown[] = [];
    const { endpoint, send } = endpointWithWire({ events: { onFault: (fault) => faults.push(fault) } });
    endpoint.onNotification('logs/emit', ({ entries }) => entries.forEach(() => {}));
    endpoint.listen();
    send({ jsonrpc: '2.0', method: 'logs/emit', params: { entries: 5 } });
    await until(() => faults.length === 1);
    expect(faults).toEqual([expect.objectContaining({ code: 'MOTIA_PROTOCOL_PARAMS_INVALID', details: { method: 'logs/emit', reason: 'entries.forEach is not a function' } })]);
    send({ jsonrpc: '2.0', method: 'no/such', params: {} });
    send({ jsonrpc: '2.0', method: '$/cancelRequest' });
    send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 'unknown' } });
    send({ jsonrpc: '2.0', id: 'w1', method: 'functions/invoke', params: invocation('f') });
    await until(() => endpoint.counters.framesIn === 5);
    expect(endpoint.counters.faults).toBe(1);
    endpoint.close();
  });
});

describe('a peer that does not read', () => {
  it('refuses calls over 8 MiB and over the number of pending calls, and keeps both bounded', async () => {
    const [left, right] = createMemoryTransportPair({ highWaterMarkBytes: 1000 });
    right.pause?.();
    right.onData(() => {});
    let rooms = 0;
    const endpoint = createEndpoint(left, { role: 'engine', limits: { maxBufferedBytes: 10_000, maxPendingCalls: 50 }, events: { onRoom: () => (rooms += 1) } });
    endpoint.listen();
    expect(endpoint.hasRoom).toBe(true);
    const outcomes: Promise<string>[] = [];
    const track = (result: Promise<unknown>) => outcomes.push(result.then(() => 'answered', (error: { code: string; details: { what: string } }) => `${error.code} ${error.details.what}`));
    for (let i = 0; i < 30; i++) track(endpoint.invoke(invocation('f'), 'x'.repeat(1000)).result);
    await turn();
    expect(endpoint.pendingCalls).toBeLessThan(12);
    expect(endpoint.bufferedBytes).toBeLessThan(12_000);
    expect(() => endpoint.invokeVoid(invocation('f'), 1)).toThrow('the limit is 10000');
    endpoint.notify('logs/emit', { entries: [] });
    expect(endpoint.counters.droppedNotifications).toBe(1);
    expect([endpoint.hasRoom, rooms]).toEqual([false, 0]);
    right.resume?.();
    await endpoint.flush();
    expect(endpoint.bufferedBytes).toBe(0);
    expect(endpoint.hasRoom).toBe(true);
    expect(rooms).toBeGreaterThan(0);
    while (endpoint.pendingCalls < 50) track(endpoint.invoke(invocation('f'), 1).result);
    track(endpoint.invoke(invocation('f'), 1).result);
    expect(await outcomes.at(-1)).toBe('MOTIA_PROTOCOL_BACKPRESSURE calls');
    expect(endpoint.hasRoom).toBe(false);
    await expect(endpoint.request('ping', {})).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_BACKPRESSURE', retryable: true });
    endpoint.close();
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['MOTIA_PROTOCOL_BACKPRESSURE bytes', 'MOTIA_PROTOCOL_BACKPRESSURE calls', 'MOTIA_PROTOCOL_CONNECTION_CLOSED undefined']));
  });

  it('is given up when the answers that it asked for pile up', async () => {
    const closed: unknown[] = [];
    const [left, right] = createMemoryTransportPair({ highWaterMarkBytes: 1000 });
    right.onData(() => right.pause?.());
    right.pause?.();
    const endpoint = createEndpoint(left, { role: 'engine', limits: { maxBufferedBytes: 10_000 }, events: { onClose: (error) => closed.push(error) } });
    endpoint.onInvoke(() => 'x'.repeat(5000));
    endpoint.listen();
    for (let i = 0; i < 20; i++) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: `w${i}`, method: 'functions/invoke', params: invocation('f') });
      right.write(`Content-Length: ${body.length}\r\n\r\n${body}`);
    }
    await until(() => closed.length === 1);
    expect(closed).toEqual([wireError('MOTIA_PROTOCOL_BACKPRESSURE')]);
    expect(endpoint.bufferedBytes).toBeLessThan(50_000);
  });
});
