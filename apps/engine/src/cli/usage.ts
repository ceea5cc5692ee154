import { verbs, type Noun } from './verbs/verbs.js';

const usage = `Usage: iii [options]                        run the engine
       iii config schema                    print the JSON Schema of config.yaml
       iii config check                     check config.yaml without starting anything
       iii functions [--json] [--all]       list the functions of the running engine
       iii invoke <function id> [payload]   call one, or a Step by its name; payload is JSON, '-' reads standard input

       iii logs [--follow] [--trace <id>]   what the engine, its modules and the Steps have logged; --level <level> and above
       iii traces [--slow] [--error]        the newest traces
       iii trace <id>                       one trace as a waterfall
       iii queues | crons | workers         depths and dead letters; schedules; worker processes
       (all of these take --json; logs and traces --limit <n>, at most 200)

       iii queues publish | pause | resume | dead | redrive | discard <queue>
       iii crons run | pause | resume | backfill | history <job>
       iii workers restart | drain <worker>
       (--help behind queues, crons and workers says more; all of these take --json, too)
       iii workers token rotate [-]         change the token of remote workers; prints the new one, '-' reads it from standard input

Options:
  -c, --config <file>       configuration file (default: config.yaml)
      --use-default-config  run the default modules without a file
      --log-format <form>   pretty or json (default: pretty on a terminal, json elsewhere)
      --log-level <level>   trace, debug, info, warn or error (default: info)
      --wait-lock[=<ms>]    stand by until another engine lets go of the data folder, so long at most
      --timeout <ms>        how long 'invoke' waits (default: 30000)
      --grace <ms>          how long former tokens are taken after 'rotate' (default: 0)
      --disconnect          let workers go that came with a former token, when its time is over
  -v, --version             print the version
  -h, --help                print this

Exit codes: 0 done, 64 usage, 70 internal, 73 data directory owned, 74 store unreadable, 78 config or port, 130 interrupted`;

const targets: Readonly<Record<Noun, string>> = {
  queues: "A queue is queue:<name> or topic:<topic>; the name alone will do, and the function or Step of one subscriber. A message on a named queue needs --function: the id of a function, or the name of a Step that has one.",
  crons: 'A job is called by its id or the beginning of it, by its function, or by the name of its Step.',
  workers: 'A worker is called by its id or the beginning of it, by its name, or by the id of its process.',
};

/** What can be said to the command, or behind one of its nouns. */
export function usageOf(noun: Noun | undefined): string {
  if (noun === undefined) return usage;
  const lines = Object.entries(verbs[noun]).map(([word, { operands, says, options }]) => {
    const more = options.map((name) => `--${name}`).join(' ');
    return `       ${`iii ${noun} ${word} ${operands}`.padEnd(44)} ${says}\n${' '.repeat(52)}(${more})`;
  });
  return [`Usage: ${`iii ${noun}`.padEnd(44)} lists them (--json)`, ...lines, '', targets[noun]].join('\n');
}
