import { change, targetAlone, type Verb } from './verb.js';

/** `iii workers <verb>`; `iii workers token rotate` is a command of its own. */
export const workerVerbs: Readonly<Record<string, Verb>> = {
  restart: change('POST /workers/:id/restart', { operands: '<worker>', says: 'starts what the engine runs anew, without dropped calls', options: ['json'], read: targetAlone, tell: (_, target) => `${target} is started anew` }),
  drain: change('POST /workers/:id/drain', { operands: '<worker>', says: 'gives it no new calls', options: ['json'], read: targetAlone, tell: ({ state }, target) => `${target} is ${state}` }),
};
