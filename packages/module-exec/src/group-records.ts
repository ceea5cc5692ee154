import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@motia/engine-core/contract';
import type { ProcessGroup } from './process-group.js';
import { findByEnvironment, startTimeOf } from './process-table.js';

/** One group as the record holds it. */
interface RecordedGroup {
  readonly pid: number;
  readonly startTime: string;
  readonly spawnId: string;
  readonly command: string;
}
interface EngineRecord {
  readonly engine: { readonly pid: number; readonly startTime: string };
  readonly groups: readonly RecordedGroup[];
}

export interface GroupRecordsOptions {
  /** Default: one of the user in the system's temporary folder. */
  readonly runtimeDir?: string;
  readonly baseDir: string;
  readonly instanceId: string;
  readonly engine: { readonly pid: number; readonly startTime: string };
  readonly logger: Logger;
}

/**
 * Keeps a file with the groups that this engine started, and at boot ends what earlier engines of the same project left
 * although they are gone themselves. The guards do that at once; this is for the case that a guard was killed too.
 */
export class GroupRecords {
  readonly #dir: string;
  readonly #prefix: string;
  readonly #file: string;
  readonly #groups = new Map<number, RecordedGroup>();
  #isUsable = false;

  constructor(private readonly options: GroupRecordsOptions) {
    this.#dir = options.runtimeDir ?? join(tmpdir(), `iii-exec-${userInfo().uid}`);
    this.#prefix = `${createHash('sha256').update(options.baseDir).digest('hex').slice(0, 16)}-`;
    this.#file = `${this.#prefix}${options.engine.pid}-${createHash('sha256').update(options.instanceId).digest('hex').slice(0, 8)}.json`;
  }

  /** Makes the folder. Without one (a read-only system) there is no sweep, which is said once. Does nothing where there is no `/proc`. */
  open(): void {
    // Without start times nobody could be told from a stranger with a recycled pid.
    if (this.options.engine.startTime === '' || startTimeOf(this.options.engine.pid) === undefined) return;
    try {
      mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
      const found = lstatSync(this.#dir);
      const { uid } = userInfo();
      if (!found.isDirectory() || (uid !== -1 && found.uid !== uid)) throw new Error('it belongs to somebody else');
      this.#isUsable = true;
    } catch (error) {
      this.options.logger.warn(`started processes are not recorded for the next start: ${this.#dir} cannot be used`, { error, hint: 'Set `runtime_dir` to a folder of your own.' });
    }
  }

  add(group: ProcessGroup, spawnId: string): void {
    this.#groups.set(group.pid, { pid: group.pid, startTime: group.startTime, spawnId, command: group.command.text });
    this.#save();
  }

  remove(group: { readonly pid: number }): void {
    if (this.#groups.delete(group.pid)) this.#save();
  }

  /**
   * Kills the groups of engines that are gone. A group is only signalled while its leader has the start time that was
   * recorded, single processes only while they carry the recorded random id: a recycled pid is never touched.
   */
  async sweep(): Promise<void> {
    if (!this.#isUsable) return;
    for (const name of readdirSync(this.#dir)) {
      if (!name.startsWith(this.#prefix) || !name.endsWith('.json') || name === this.#file) continue;
      const path = join(this.#dir, name);
      const record = readRecord(path);
      if (record !== undefined && startTimeOf(record.engine.pid) === record.engine.startTime) continue;
      for (const group of record?.groups ?? []) await this.#end(group);
      rmSync(path, { force: true });
    }
  }

  async #end(group: RecordedGroup): Promise<void> {
    let ended = 0;
    if (group.startTime !== '' && startTimeOf(group.pid) === group.startTime && signal(-group.pid)) ended++;
    for (const pid of await findByEnvironment(`III_EXEC_SPAWN=${group.spawnId}`)) if (signal(pid)) ended++;
    if (ended > 0) this.options.logger.warn(`ended "${group.command}" (process group ${group.pid}), which an earlier engine had left running`);
  }

  #save(): void {
    if (!this.#isUsable) return;
    const path = join(this.#dir, this.#file);
    try {
      if (this.#groups.size === 0) return rmSync(path, { force: true });
      const record: EngineRecord = { engine: this.options.engine, groups: [...this.#groups.values()] };
      writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    } catch (error) {
      this.#isUsable = false;
      this.options.logger.warn('started processes are no longer recorded for the next start', { error });
    }
  }
}

/** Undefined for a file that is not one of ours or was cut off: there is nothing in it that could be trusted. */
function readRecord(path: string): EngineRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(path, 'utf8')) as EngineRecord;
    const isWhole =
      Number.isInteger(record.engine.pid) &&
      record.groups.every((group) => Number.isInteger(group.pid) && group.pid > 1 && typeof group.startTime === 'string' && /^[\w-]{8,}$/.test(group.spawnId));
    return isWhole ? record : undefined;
  } catch {
    return undefined;
  }
}

function signal(target: number): boolean {
  try {
    return process.kill(target, 'SIGKILL');
  } catch {
    return false;
  }
}
