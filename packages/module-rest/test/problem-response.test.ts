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

  it("keeps code and status of a handler's own coded error", () => {
    const plain = Object.assign(new Error('sold out'), { code: 'OUT_OF_STOCK', status: 409, details: { left: 0 } });
    const expected = { code: 'OUT_OF_STOCK', status: 409, message: 'sold out', details: { left: 0 } };
    expect(toClientError(plain, 'production')).toMatchObject(expected);
    expect(toClientError(new MotiaError({ ...expected }), 'production')).toMatchObject(expected);
    expect(toClientError(new MotiaError({ code: 'MOTIA_ENGINE_HANDLER_FAILED', message: 'x', cause: plain }), 'production')).toMatchObject(expected);
    expect(toClientError(new MotiaError({ code: 'DB_DOWN', message: secret, status: 503 }), 'production')).toMatchObject({ code: 'DB_DOWN', status: 503 });
  });

  it('shows conditions of the product as they are', () => {
    expect(toClientError(new MotiaError({ code: 'MOTIA_ENGINE_WORKER_LOST', message: 'gone', status: 502, retryable: true }), 'production')).toMatchObject({ status: 502, message: 'gone', retryable: true });
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
