import { cronVerbs } from './cron-verbs.js';
import { queueVerbs } from './queue-verbs.js';
import type { Verb } from './verb.js';
import { workerVerbs } from './worker-verbs.js';

export type Noun = 'queues' | 'crons' | 'workers';

/** `iii <noun> <verb> <target>`: one grammar for everything that can be done to a running engine. */
export const verbs: Readonly<Record<Noun, Readonly<Record<string, Verb>>>> = { queues: queueVerbs, crons: cronVerbs, workers: workerVerbs };
