import { describe, expect, it } from '@jest/globals';
import { functionsOfStep } from '../src/cli/step-functions.js';

describe('functionsOfStep', () => {
  const ids = [
    'steps::Orders::trigger::http(POST /orders)', 'steps::Orders::trigger::http(POST /orders)::conditions::0', 'steps::Orders::trigger::queue(orders)',
    'steps::Orders2::trigger::http(GET /)', 'steps::a::b::trigger::cron(* * * * * *)', 'Orders', 'state::set',
  ];

  it.each([
    ['Orders', ['steps::Orders::trigger::http(POST /orders)', 'steps::Orders::trigger::queue(orders)']],
    ['Orders2', ['steps::Orders2::trigger::http(GET /)']],
    ['a::b', ['steps::a::b::trigger::cron(* * * * * *)']],
    ['Order', []],
    ['a', []],
    ['', []],
  ])('of %p are its triggers, without conditions', (name, expected) => {
    expect(functionsOfStep(name, ids)).toEqual(expected);
  });
});
