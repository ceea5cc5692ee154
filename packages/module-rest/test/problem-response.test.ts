import { describe, expect, it } from '@jest/globals';
import { MotiaError } from '@motia/engine-core/contract';
import { restErrors } from '../src/errors.js';
import { problemBody, toClientError } from '../src/problem-response.js';

const secret = 'password=hunter2 at /srv/app/app.ts';

describe('toClientError', () => {
  it("hides a handler's message in production and shows it in development", () => {
    for (const error of [new Error(secret), new MotiaError({ code: 'MOTIA_SDK_HANDLER_FAILED', message: secret, status: 500, details: { secret } }), new MotiaError({ code: 'MOTIA_ENGINE_HANDLER_FAILED', message: secret }), new MotiaError({ code: 'DB_DOWN', message: secret, status: 503, details: { secret } })]) {
      expect(JSON.stringify(toClientError(error, 'production').toWire())).not.toContain('hunter2');
      expect(toClientError(error, 'development').message).toBe(secret);
    }
  });

  it.each(['development', 'production'] as const)('shows status and message of an exposed error in %s, from this process and from another one', (mode) => {
    const gone = Object.assign(new Error('gone'), { status: 410, expose: true });
    for (const error of [gone, new MotiaError({ code: 'MOTIA_ENGINE_HANDLER_FAILED', message: 'x', cause: gone }), new MotiaError({ code: 'MOTIA_SDK_HANDLER_FAILED', message: 'gone', status: 410 })]) {
      expect(toClientError(error, mode)).toMatchObject({ status: 410, message: 'gone', hint: undefined });
    }
    const busy = new MotiaError({ code: 'MOTIA_SDK_HANDLER_FAILED', message: secret, status: 503 });
    expect(toClientError(busy, mode)).toMatchObject({ status: 503, message: mode === 'production' ? 'The handler failed.' : secret });
  });

  it('takes no status from an error that does not say it is for the client', () => {
    const upstream = Object.assign(new Error('Request failed with status code 404'), { code: 'ERR_BAD_REQUEST', status: 404 });
    expect(toClientError(upstream, 'production')).toMatchObject({ code: 'MOTIA_REST_HANDLER_FAILED', status: 500 });
  });

  it("keeps code and status of a handler's own exposed or coded error", () => {
    const plain = Object.assign(new Error('sold out'), { code: 'OUT_OF_STOCK', status: 409, expose: true, details: { left: 0 } });
    const expected = { code: 'OUT_OF_STOCK', status: 409, message: 'sold out', details: { left: 0 } };
    expect(toClientError(plain, 'production')).toMatchObject(expected);
    expect(toClientError(new MotiaError({ ...expected }), 'production')).toMatchObject(expected);
    expect(toClientError(new MotiaError({ code: 'MOTIA_ENGINE_HANDLER_FAILED', message: 'x', cause: plain }), 'production')).toMatchObject(expected);
    expect(toClientError(new MotiaError({ code: 'DB_DOWN', message: secret, status: 503 }), 'production')).toMatchObject({ code: 'DB_DOWN', status: 503 });
  });

  it.each([{ code: 'Z_BUF_ERROR', errno: -5 }, { code: 'ECONNRESET', errno: -104, syscall: 'read' }, { code: 'ERR_STREAM_PREMATURE_CLOSE' }])('takes no code that Node gave: %j', (given) => {
    expect(toClientError(Object.assign(new Error('not readable'), given, { status: 400, expose: true }), 'production')).toMatchObject({ code: 'MOTIA_REST_HANDLER_FAILED', status: 400 });
  });

  it.each([
    ['MOTIA_REST_INVALID_HANDLER_RESPONSE', 500, 'The handler returned what cannot be sent.'],
    ['MOTIA_SDK_NOT_SERIALIZABLE', 500, 'The handler returned what cannot be sent.'],
    ['MOTIA_PROTOCOL_FRAME_TOO_LARGE', 413, 'The handler worked on more than one message can carry.'],
    ['MOTIA_SDK_MODULE_NOT_LOADED', 501, 'A part of the server that this request needs is not available.'],
    ['MOTIA_ENGINE_WORKER_LOST', 502, 'The process that handled the request went away before it answered.'],
    ['MOTIA_ENGINE_WORKER_UNAVAILABLE', 503, 'The server cannot handle this request now.'],
    ['MOTIA_ENGINE_DEADLINE_EXCEEDED', 504, 'The server did not answer in time.'],
    ['MOTIA_ENGINE_FUNCTION_NOT_FOUND', 404, 'The handler failed.'],
  ])('says of %s in production nothing of what is inside', (code, status, message) => {
    const error = new MotiaError({ code, message: `"steps::Secret" ${secret}`, hint: secret, status, retryable: true, details: { functionId: 'steps::Secret', secret } });
    const shown = toClientError(error, 'production');
    expect(shown.toWire()).toEqual({ code, message, status: status < 500 ? 500 : status, retryable: true, hint: 'See the log of the request id.', details: { legacyCode: 'INTERNAL_ERROR' } });
    expect(toClientError(error, 'development')).toMatchObject({ message: `"steps::Secret" ${secret}`, details: { functionId: 'steps::Secret' } });
  });

  it('names no function in production below 500 either', () => {
    const error = new MotiaError({ code: 'MOTIA_SDK_INPUT_INVALID', message: 'bad', status: 400, hint: 'h', details: { functionId: 'steps::Secret', part: 'body', problems: [] } });
    expect(toClientError(error, 'production').toWire()).toEqual({ code: 'MOTIA_SDK_INPUT_INVALID', message: 'bad', status: 400, hint: 'h', retryable: false, details: { part: 'body', problems: [] } });
    expect(toClientError(error, 'development').details).toMatchObject({ functionId: 'steps::Secret' });
  });

  it('shows what is for clients as it is', () => {
    expect(toClientError(restErrors.OVERLOADED({ limit: 3 }), 'production')).toMatchObject({ status: 503, message: expect.stringContaining('3 requests'), retryable: true });
    expect(toClientError(new MotiaError({ code: 'MOTIA_SDK_INPUT_INVALID', message: 'bad', status: 400, details: [{ path: '/a', problem: 'p' }] }), 'production')).toMatchObject({ status: 400, details: [{ path: '/a', problem: 'p' }] });
  });

  it('does not blame the client for what happened inside', () => {
    expect(toClientError(new MotiaError({ code: 'MOTIA_ENGINE_FUNCTION_NOT_FOUND', message: 'x', status: 404 }), 'production').status).toBe(500);
    expect(toClientError(new MotiaError({ code: 'MOTIA_ENGINE_CANCELLED', message: 'x', status: 499 }), 'production').status).toBe(503);
  });

  it.each([0, 200, 302, 999, NaN, 418.5])('answers 500 for an error of status %p', (status) => {
    expect(toClientError(new MotiaError({ code: 'X', message: 'x', status }), 'development').status).toBe(500);
  });

  it.each(['text', 7, null, undefined, {}])('answers for %p being thrown', (thrown) => {
    expect(toClientError(thrown, 'development')).toMatchObject({ code: 'MOTIA_REST_HANDLER_FAILED', status: 500 });
  });

  it('never shows a stack', () => {
    const error = toClientError(new MotiaError({ code: 'X', message: 'x', status: 400, details: { stack: 'at foo', kept: 1 } }), 'development');
    expect(error.details).toEqual({ kept: 1 });
  });
});

describe('problemBody', () => {
  const ids = { requestId: 'r', traceId: 't' };
  it('is the envelope', () => {
    expect(JSON.parse(problemBody(restErrors.OVERLOADED({ limit: 7 }), ids))).toEqual({
      error: { code: 'MOTIA_REST_OVERLOADED', message: expect.any(String), hint: expect.any(String), retryable: true, details: { limit: 7 }, requestId: 'r', traceId: 't' },
    });
  });
  it('says skipped beside the envelope when a condition was not met', () => {
    expect(JSON.parse(problemBody(restErrors.CONDITION_NOT_MET({ legacyCode: 'CONDITION_NOT_MET' }), ids))).toMatchObject({ skipped: true, error: { code: 'MOTIA_REST_CONDITION_NOT_MET' } });
  });
  it('survives details that JSON cannot carry', () => {
    expect(JSON.parse(problemBody(new MotiaError({ code: 'X', message: 'x', details: { n: 1n } }), ids))).toMatchObject({ error: { code: 'X' } });
  });
});
