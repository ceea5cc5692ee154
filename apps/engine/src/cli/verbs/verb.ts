import type { AnswerOf, DataPath } from '@motia/console/contract';
import type { Column } from '../observe/table.js';
import type { OptionName, Values } from '../words.js';

/** What a verb is about, and what it asks of it. */
export interface VerbRequest {
  /** A name as a person writes it. */
  readonly target: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** The function that is meant, as a person writes it: it becomes `functionId` of the body, `function` of the query. One that is called must be known. */
  readonly functionMeant?: { readonly given: string; readonly isCalled: boolean };
  /** JSON text that becomes `data` of the body; `-` reads it from standard input. */
  readonly data?: string;
}

interface Spoken {
  /** What stands behind it: `<queue> <data>`. */
  readonly operands: string;
  /** What it does, for `--help`. */
  readonly says: string;
  readonly options: readonly OptionName[];
  /** Undefined when there are too few or too many operands. @throws `MOTIA_ENGINE_USAGE` for options that cannot be used */
  readonly read: (operands: readonly string[], values: Values) => VerbRequest | undefined;
}

/** A word behind `iii queues`, `iii crons` or `iii workers` that does or lists something: one path of the data API, whose first parameter is the target. */
export type Verb = Spoken & { readonly path: DataPath } & (
    | { readonly kind: 'change'; readonly tell: (result: unknown, target: string) => string }
    | { readonly kind: 'list'; readonly columns: readonly Column<unknown>[]; readonly whenEmpty: string }
  );

type ResultOf<P extends DataPath> = AnswerOf<P> extends { readonly result: infer R } ? R : never;
type RowOf<P extends DataPath> = AnswerOf<P> extends { readonly items: readonly (infer T)[] } ? T : never;

/** `tell`: what happened, in one line. */
export function change<P extends DataPath & `POST ${string}`>(path: P, verb: Spoken & { readonly tell: (result: ResultOf<P>, target: string) => string }): Verb {
  return { ...verb, path, kind: 'change', tell: verb.tell as (result: unknown, target: string) => string };
}

export function list<P extends DataPath & `GET ${string}`>(path: P, verb: Spoken & { readonly columns: readonly Column<RowOf<P>>[]; readonly whenEmpty: string }): Verb {
  return { ...verb, path, kind: 'list', columns: verb.columns as readonly Column<unknown>[] };
}

/** For verbs that need nothing but their target. */
export const targetAlone = ([target, ...others]: readonly string[]): VerbRequest | undefined => (target === undefined || others.length > 0 ? undefined : { target });

export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
