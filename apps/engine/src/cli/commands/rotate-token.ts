import type { TokenRotated, TokenRotation } from '@motia/engine-core/contract';
import { connectControl } from '../../control/control-client.js';
import { rotateTokenFunctionId } from '../../control/data-function.js';
import { errors } from '../../errors.js';
import type { Command } from '../args.js';
import type { CommandPorts } from '../main.js';
import { controlAddressOf, resolveSubject } from '../paths.js';

const timeoutMs = 30_000;

/** `iii workers token rotate`: the new token alone goes to standard output, so that it can be put where it is needed; what it means, to standard error. */
export async function rotateToken(command: Extract<Command, { name: 'rotate-token' }>, ports: CommandPorts): Promise<void> {
  const { graceMs, disconnects } = command;
  const token = command.readsToken ? (await ports.readStdin()).trim() : undefined;
  if (token === '') throw errors.PAYLOAD_INVALID({ problem: 'standard input was empty' });
  const { subject } = resolveSubject(command.config, ports.cwd);
  const client = await connectControl(controlAddressOf(subject), subject);
  try {
    const rotation: TokenRotation = { graceMs, disconnects, ...(token === undefined ? {} : { token }) };
    const rotated = (await client.invoke(rotateTokenFunctionId, rotation, timeoutMs)) as TokenRotated;
    ports.stdout(`${rotated.token}\n`);
    ports.stderr(`${explain(rotated, command).join('\n')}\n`);
  } finally {
    client.close();
  }
}

function explain({ isKept, connected }: TokenRotated, { graceMs, disconnects }: { readonly graceMs: number; readonly disconnects: boolean }): readonly string[] {
  const workers = `${connected} connected worker${connected === 1 ? '' : 's'}`;
  const until = graceMs === 0 ? 'now' : `in ${graceMs} ms`;
  return [
    graceMs === 0 ? 'Workers that connect need the new token from now on.' : `Workers that connect need the new token; former ones are taken for ${graceMs} ms more.`,
    disconnects ? `${workers}: whoever came with a former token is let go ${until}.` : `${workers}: they stay, and need the new token when they connect again.`,
    ...(isKept ? [] : ['The running engine has it until it ends. Put it where the configuration takes `token` from, or use `token_file`, which this command writes.']),
  ];
}
