/**
 * The times of a command, told by its caller. `dueMs` never goes back and follows the clock when that jumps ahead: for delays and
 * leases. `steadyMs` goes on at the pace of real time whatever the clock does: for windows and retention. Both begin as epoch
 * milliseconds.
 */
export interface CommandTimes {
  readonly dueMs: number;
  readonly steadyMs: number;
}
