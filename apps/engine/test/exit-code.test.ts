import { describe, expect, it } from '@jest/globals';
import { MotiaError } from '@motia/engine-core/contract';
import { exitCodeOf } from '../src/cli/exit-code.js';
import { renderError } from '../src/cli/render-error.js';
import { errors } from '../src/errors.js';

const coded = (code: string, cause?: unknown) => new MotiaError({ code, message: `message of ${code}`, hint: 'do this', cause });

describe('exitCodeOf', () => {
  it('maps the conditions of the exit code table', () => {
    expect(exitCodeOf(errors.USAGE({ problem: 'x' }))).toBe(64);
    expect(exitCodeOf(coded('MOTIA_ENGINE_CONFIG_INVALID'))).toBe(78);
    expect(exitCodeOf(coded('MOTIA_REST_PORT_IN_USE'))).toBe(78);
    expect(exitCodeOf(coded('MOTIA_ENGINE_TRIGGER_TYPE_CONFLICT'))).toBe(78);
    for (const condition of ['PORT_IN_USE', 'SOCKET_IN_USE', 'LISTEN_FAILED', 'TOKEN_REQUIRED', 'TLS_UNREADABLE']) expect(exitCodeOf(coded(`MOTIA_WORKER_${condition}`))).toBe(78);
    expect(exitCodeOf(coded('MOTIA_STORE_OWNED'))).toBe(73);
    expect(exitCodeOf(coded('MOTIA_STORE_UNREADABLE'))).toBe(74);
  });

  it('takes the exit code that a condition names in its details, when it is one of the table', () => {
    const naming = (exitCode: unknown): MotiaError => new MotiaError({ code: 'MOTIA_ACME_LICENCE_MISSING', message: 'x', details: { exitCode } });
    expect([78, 74, 0, 1, '78', undefined].map((code) => exitCodeOf(naming(code)))).toEqual([78, 74, 70, 70, 70, 70]);
    expect(exitCodeOf(coded('MOTIA_ENGINE_START_FAILED', new AggregateError([naming(78)])))).toBe(78);
  });

  it('looks through the causes of a failed start', () => {
    const nested = coded('MOTIA_ENGINE_START_FAILED', new AggregateError([new Error('x'), coded('MOTIA_REST_PORT_IN_USE')]));
    expect(exitCodeOf(nested)).toBe(78);
  });

  it('is 70 for everything nobody foresaw, also when causes form a circle', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(exitCodeOf(error)).toBe(70);
    expect(exitCodeOf('just a string')).toBe(70);
  });
});

describe('renderError', () => {
  it('shows code, message and remedy, and no stack for a foreseen error', () => {
    const text = renderError(coded('MOTIA_REST_PORT_IN_USE'));
    expect(text).toBe('MOTIA_REST_PORT_IN_USE: message of MOTIA_REST_PORT_IN_USE\n  do this');
  });

  it('shows every cause of a failed start once, with its remedy', () => {
    const causes = new AggregateError([coded('MOTIA_A_ONE'), coded('MOTIA_B_TWO')]);
    const error = new MotiaError({ code: 'MOTIA_ENGINE_START_FAILED', message: 'It did not start.\n  - message of MOTIA_A_ONE\n  - message of MOTIA_B_TWO', hint: '`cause.errors` holds every error', cause: causes });
    expect(renderError(error)).toBe([
      'MOTIA_ENGINE_START_FAILED: It did not start.', '  MOTIA_A_ONE: message of MOTIA_A_ONE', '    do this', '  MOTIA_B_TWO: message of MOTIA_B_TWO', '    do this',
    ].join('\n'));
  });
});
