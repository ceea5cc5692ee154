import { updateValue, type UpdateOp } from '@motia/update-ops';

interface PlainEntry {
  readonly json: string | undefined;
  readonly version: number;
  readonly expiresAtMs: number | undefined;
}
export interface PlainChange {
  readonly event: 'created' | 'updated' | 'deleted';
  readonly scope: string;
  readonly key: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly version: number;
}

/** State as plainly as it can be written: what every store must agree with. Time is handed in. */
export class PlainState {
  /** Every change in order, ends of keys included. */
  readonly changes: PlainChange[] = [];
  readonly #scopes = new Map<string, Map<string, PlainEntry>>();

  get(scope: string, key: string, nowMs: number): { readonly value: unknown; readonly version: number } | undefined {
    const entry = this.#current(scope, key, nowMs);
    return entry?.json === undefined ? undefined : { value: JSON.parse(entry.json) as unknown, version: entry.version };
  }

  /** Undefined when the version is another one. */
  set(scope: string, key: string, value: unknown, options: { readonly nowMs: number; readonly ifVersion?: number | undefined; readonly ttlMs?: number | undefined }): PlainChange | undefined {
    return this.#write(scope, key, { json: JSON.stringify(value), keepsExpiry: false }, options);
  }

  /** The code of the problem when the operations do not fit. */
  update(scope: string, key: string, ops: readonly UpdateOp[], options: { readonly nowMs: number; readonly ifVersion?: number | undefined; readonly ttlMs?: number | undefined }): PlainChange | string | undefined {
    const current = this.#current(scope, key, options.nowMs);
    if (options.ifVersion !== undefined && options.ifVersion !== (current?.json === undefined ? 0 : current.version)) return undefined;
    const outcome = updateValue(current?.json === undefined ? undefined : (JSON.parse(current.json) as unknown), ops);
    return outcome.ok ? this.#write(scope, key, { json: JSON.stringify(outcome.value), keepsExpiry: true }, options) : outcome.problem.code;
  }

  /** Null when there was nothing to delete. */
  delete(scope: string, key: string, options: { readonly nowMs: number; readonly ifVersion?: number | undefined }): PlainChange | null | undefined {
    const current = this.#current(scope, key, options.nowMs);
    if (options.ifVersion !== undefined && options.ifVersion !== (current?.json === undefined ? 0 : current.version)) return undefined;
    return current?.json === undefined ? null : this.#write(scope, key, { json: undefined, keepsExpiry: false }, { nowMs: options.nowMs });
  }

  /** Keys with their values, in the order of their UTF-8 bytes. */
  list(scope: string, prefix: string, nowMs: number): readonly (readonly [key: string, value: unknown])[] {
    return [...(this.#scopes.get(scope)?.keys() ?? [])]
      .filter((key) => key.startsWith(prefix))
      .sort(byBytes)
      .flatMap((key) => {
        const entry = this.get(scope, key, nowMs);
        return entry === undefined ? [] : [[key, entry.value] as const];
      });
  }

  scopes(nowMs: number): readonly string[] {
    return [...this.#scopes.keys()].filter((scope) => this.list(scope, '', nowMs).length > 0).sort(byBytes);
  }

  /** Ends every key whose time has come. */
  sweep(nowMs: number): void {
    for (const [scope, keys] of this.#scopes) for (const key of keys.keys()) this.#current(scope, key, nowMs);
  }

  #current(scope: string, key: string, nowMs: number): PlainEntry | undefined {
    const entry = this.#scopes.get(scope)?.get(key);
    if (entry?.json === undefined || entry.expiresAtMs === undefined || entry.expiresAtMs > nowMs) return entry;
    this.#put(scope, key, undefined, undefined);
    return this.#scopes.get(scope)?.get(key);
  }

  #write(
    scope: string, key: string, { json, keepsExpiry }: { readonly json: string | undefined; readonly keepsExpiry: boolean },
    { nowMs, ifVersion, ttlMs }: { readonly nowMs: number; readonly ifVersion?: number | undefined; readonly ttlMs?: number | undefined },
  ): PlainChange | undefined {
    const current = this.#current(scope, key, nowMs);
    if (ifVersion !== undefined && ifVersion !== (current?.json === undefined ? 0 : current.version)) return undefined;
    return this.#put(scope, key, json, ttlMs !== undefined ? nowMs + ttlMs : keepsExpiry ? current?.expiresAtMs : undefined);
  }

  #put(scope: string, key: string, json: string | undefined, expiresAtMs: number | undefined): PlainChange {
    const keys = this.#scopes.get(scope) ?? new Map<string, PlainEntry>();
    this.#scopes.set(scope, keys);
    const old = keys.get(key);
    const version = (old?.version ?? 0) + 1;
    keys.set(key, { json, version, expiresAtMs: json === undefined ? undefined : expiresAtMs });
    const change: PlainChange = {
      event: json === undefined ? 'deleted' : old?.json === undefined ? 'created' : 'updated', scope, key, version,
      before: old?.json === undefined ? null : (JSON.parse(old.json) as unknown),
      after: json === undefined ? null : (JSON.parse(json) as unknown),
    };
    this.changes.push(change);
    return change;
  }
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
