import type { SecretRules } from '@motia/engine-core/contract';
import { consoleErrors } from '../errors.js';
import type { ApiRequest } from './api-route.js';
import { flag } from './page-query.js';

type Asked = Pick<ApiRequest, 'query'>;
interface Failure {
  readonly message: string;
  readonly stack?: string;
}
/** The parts of a message that may hold secrets. */
interface Message {
  readonly data?: unknown;
  readonly result?: unknown;
  readonly lastFailure?: Failure;
  readonly failures?: readonly Failure[];
}

/** What users stored, as tools get it: values under the names of secrets are hidden, unless a request says `reveal=true`. */
export class StoredData {
  readonly #rules: () => SecretRules | undefined;

  constructor(rules: () => SecretRules | undefined) {
    this.#rules = rules;
  }

  /** A value that stands under `name`. @throws `MOTIA_CONSOLE_QUERY_INVALID` for a `reveal` that is neither true nor false */
  shown(request: Asked, name: string | undefined, value: unknown): unknown {
    return reveals(request) ? value : this.hidden(name, value);
  }

  /** The same for whoever cannot ask. */
  hidden(name: string | undefined, value: unknown): unknown {
    const rules = this.#rules();
    return rules === undefined ? value : rules.hide(name, value);
  }

  /** A row of which some members are values that stand under `name`. */
  members<T>(request: Asked, name: string, row: T, members: readonly string[]): T {
    if (typeof row !== 'object' || row === null) return row;
    const held = members.filter((member) => member in row);
    return { ...row, ...Object.fromEntries(held.map((member) => [member, this.shown(request, name, (row as Readonly<Record<string, unknown>>)[member])])) };
  }

  /** A message; what its handler said when it failed is text. */
  message<T extends Message>(message: T, request?: Asked): T {
    const rules = this.#rules();
    if (rules === undefined || (request !== undefined && reveals(request))) return message;
    const failure = (each: Failure): Failure => ({ ...each, message: rules.text(each.message), ...(each.stack === undefined ? {} : { stack: rules.text(each.stack) }) });
    const { data, result, lastFailure, failures } = message;
    return {
      ...message,
      ...(data === undefined ? {} : { data: rules.hide(undefined, data) }),
      ...(result === undefined ? {} : { result: rules.hide(undefined, result) }),
      ...(lastFailure === undefined ? {} : { lastFailure: failure(lastFailure) }),
      ...(failures === undefined ? {} : { failures: failures.map(failure) }),
    };
  }

  /** What was hidden is not to be stored in the place of the secret. @throws `MOTIA_CONSOLE_VALUE_HIDDEN` */
  refuseHidden(name: string | undefined, value: unknown): void {
    if (this.#rules()?.holdsHidden(name, value) === true) throw consoleErrors.VALUE_HIDDEN({});
  }
}

function reveals({ query }: Asked): boolean {
  return flag(query, 'reveal');
}
