import type { InputProblem } from './errors.js';
import { MediaRanges } from './media-range.js';

/** What a trigger says of the files in one field of its forms. */
export interface FileRule {
  readonly description?: string;
  /** Default false. */
  readonly required?: boolean;
  /** More than one file may come in the field. Default false. */
  readonly multiple?: boolean;
  /** Media types and ranges as the client names them. Default: any. */
  readonly content_types?: readonly string[];
}
/** By field. A file in any other field is refused. */
export type FileRules = Readonly<Record<string, FileRule>>;

/** Holds the files of one form against the rules of its route. */
export class FileCheck {
  readonly #rules: ReadonlyMap<string, FileRule>;
  readonly #seen = new Set<string>();

  constructor(rules: FileRules) {
    this.#rules = new Map(Object.entries(rules));
  }

  /** What is wrong with the next file; undefined when it may come. */
  next(field: string, contentType: string): InputProblem | undefined {
    const path = `/${field.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const rule = this.#rules.get(field);
    if (rule === undefined) return { path, problem: `is not a file of this form; it takes ${[...this.#rules.keys()].join(', ') || 'none'}` };
    if (this.#seen.has(field) && rule.multiple !== true) return { path, problem: 'is one file only' };
    this.#seen.add(field);
    const { content_types: types } = rule;
    return types === undefined || new MediaRanges(types).includes(contentType) ? undefined : { path, problem: `must be of type ${types.join(', ')}` };
  }

  /** Files that should have come by the end of the form. */
  missing(): readonly InputProblem[] {
    return [...this.#rules].filter(([field, { required }]) => required === true && !this.#seen.has(field)).map(([field]) => ({ path: `/${field}`, problem: 'is required: a file' }));
  }
}
