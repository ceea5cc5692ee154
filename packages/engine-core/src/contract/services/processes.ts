import { defineRef } from '../ref.js';

export type ProcessState = 'starting' | 'ready' | 'draining' | 'backoff' | 'fatal' | 'stopped';

/** The users' processes as ExecModule runs them. */
export interface ProcessService {
  list(): readonly {
    readonly owner: string;
    readonly command: string;
    readonly state: ProcessState;
    readonly pid?: number;
    readonly restarts: number;
    readonly startedAt?: number;
    readonly lastError?: string;
  }[];
  /** Starts a new generation as a file change would. */
  reload(reason: string): Promise<void>;
}
export const ProcessServiceRef = defineRef<ProcessService>('exec.processes');
