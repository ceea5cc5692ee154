import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { parseCommand } from '../../src/command.js';
import { spawnGroup, type ProcessGroup } from '../../src/process-group.js';

export interface SpawnedProgram {
  readonly group: ProcessGroup;
  readonly spawnId: string;
  /** The next line of stdout. */
  nextLine(): Promise<string>;
}

/** Starts a command in a group of its own, as ExecModule does. */
export async function spawnProgram(command: string | readonly string[], env: Record<string, string> = {}): Promise<SpawnedProgram> {
  const spawnId = randomUUID();
  const group = await spawnGroup({
    command: parseCommand(command),
    cwd: process.cwd(),
    umask: '022',
    input: 'pipe',
    env: { ...(process.env as Record<string, string>), ...env, III_EXEC_SPAWN: spawnId },
  });
  group.stderr.resume();
  const lines = createInterface({ input: group.stdout })[Symbol.asyncIterator]();
  return { group, spawnId, nextLine: async () => (await lines.next()).value as string };
}
