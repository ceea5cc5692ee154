import type { Command } from './command.js';

/** Where a process finds the protocol that its stdin and stdout would be, when its own stdout is its log. */
export const CHANNEL_FDS = { input: 3, output: 4 } as const;
/** As the process is told. */
export const channelVariable = { III_IPC_FDS: `${CHANNEL_FDS.input},${CHANNEL_FDS.output}` } as const;

/** What a shell would read as more than one plain command. */
const shellSyntax = /[^\w@%+=:,./ \t'-]/;
const bundle = /(?:^|\/)dist\/index-(?:dev|production)\.[cm]?js$/;
const motiaScript = /(?:^|\/)(?:motia|motia-sdk)\/dist\/bin\/motia\.js$/;

/**
 * True for commands that are known to take the protocol from the fds that `III_IPC_FDS` names: `motia dev|start`, by whatever path, and the
 * bundles that they run. Their standard output can then be a log from the first instruction on, without a process in
 * between. Everything else finds the protocol on stdin and stdout: further fds do not survive `npx` and `npm run`.
 */
export function takesChannel(command: Command): boolean {
  const words = wordsOf(command);
  if (words === undefined) return false;
  const [program = '', ...args] = words;
  if (/(?:^|\/)motia$/.test(program)) return isServing(args);
  if (!/(?:^|\/)node$/.test(program)) return false;
  const [script = '', ...rest] = args;
  return bundle.test(script) || (motiaScript.test(script) && isServing(rest));
}

function isServing([name]: readonly string[]): boolean {
  return name === 'dev' || name === 'start';
}

/** Undefined for what only a shell understands. */
function wordsOf({ argv, text, isShell }: Command): readonly string[] | undefined {
  if (!isShell) return argv;
  if (shellSyntax.test(text) || (text.match(/'/g)?.length ?? 0) % 2 === 1) return undefined;
  return text.trim().match(/(?:[^\s']|'[^']*')+/g)?.map((word) => word.replaceAll("'", ''));
}
