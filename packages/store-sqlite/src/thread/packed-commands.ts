import type { Runnable, UnitCommand } from '../writer/unit.js';
import { fromColumn, toColumn, type Column } from './columns.js';
import { CommandKinds, type CommandKind } from './command-kinds.js';

/** The commands of many units as one message, in columns. */
export interface PackedCommands {
  /** All commands of one kind, in the order of the units. */
  readonly kinds: readonly (CommandKind & { readonly count: number; readonly inputs: Column; readonly nowMs: Column })[];
  /** Which kind each command is of. Left out where there is one kind only. */
  readonly order?: readonly number[];
  /** How many commands each unit has. Left out where each has one. */
  readonly sizes?: readonly number[];
}

export function packCommands(units: readonly Runnable[]): PackedCommands {
  const kinds = new CommandKinds();
  const inputs: unknown[][] = [];
  const times: number[][] = [];
  const order: number[] = [];
  const sizes: number[] = [];
  for (const { commands } of units) {
    sizes.push(commands.length);
    for (const command of commands) {
      const kind = kinds.numberOf(command);
      order.push(kind);
      (inputs[kind] ??= []).push(command.input);
      (times[kind] ??= []).push(command.nowMs);
    }
  }
  return {
    kinds: kinds.all.map((kind, at) => ({ ...kind, count: inputs[at]?.length ?? 0, inputs: toColumn(inputs[at] ?? []), nowMs: toColumn(times[at] ?? []) })),
    ...(kinds.all.length > 1 ? { order } : {}),
    ...(order.length === sizes.length ? {} : { sizes }),
  };
}

/** In the order in which they were packed. */
export function unpackCommands({ kinds, order, sizes }: PackedCommands): readonly Runnable[] {
  const columns = kinds.map(({ program, command, count, inputs, nowMs }) => ({ program, command, inputs: fromColumn(inputs, count), times: fromColumn(nowMs, count), taken: 0 }));
  const total = kinds.reduce((sum, { count }) => sum + count, 0);
  const next = (at: number): UnitCommand => {
    const column = columns[order?.[at] ?? 0] as (typeof columns)[number];
    const { program, command, inputs, times } = column;
    const place = column.taken;
    column.taken += 1;
    return { program, command, input: inputs[place], nowMs: times[place] as number };
  };
  const units: Runnable[] = [];
  for (let at = 0; at < total;) {
    const commands = [next(at)];
    at += 1;
    for (const size = sizes?.[units.length] ?? 1; commands.length < size; at += 1) commands.push(next(at));
    units.push({ commands });
  }
  return units;
}
