import type { UpdateOp } from '@motia/update-ops';
import { PlainState, type PlainChange } from './plain-state.js';
import type { StateEngine, StateEvent } from './state-engine.js';

/** Numbers from a seed, so that a walk that failed can be taken again. */
export function seededRandom(seed: number): () => number {
  let at = seed >>> 0;
  return () => {
    at = (at + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(at ^ (at >>> 15), at | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const scopes = ['orders', 'Ünïcode 🚲', 'o'];
const keys = ['a', 'b', 'ab', 'a/b', '🚲', 'ﬀ', '__proto__'];
const values: readonly unknown[] = [null, 0, 1.5, '', 'text', 'ü🚲', [], [1, [2]], {}, { count: 1 }, { nested: { list: [1], text: 'a' } }];
const paths = ['count', 'list', 'text', ['nested', 'list'], ['nested', 'text'], ''];

/** One random step: what is asked, and what must come of it. */
export interface WalkStep {
  readonly asked: string;
  readonly got: unknown;
  readonly expected: unknown;
}

/**
 * A random walk over a store and the plain model of it, with versions, expiry, updates that do not fit, lists and pages. Yields what was asked, answered and
 * expected; the caller compares.
 */
export async function* walkState(engine: StateEngine, { seed, steps }: { readonly seed: number; readonly steps: number }): AsyncGenerator<WalkStep> {
  const random = seededRandom(seed);
  const model = new PlainState();
  const watcher = await engine.watch();
  const nowMs = (): number => engine.clock.now();
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const maybe = <T>(chance: number, make: () => T): T | undefined => (random() < chance ? make() : undefined);
  const attempt = (functionId: string, payload: object): Promise<unknown> => engine.call(functionId, payload).catch((error: { code: string; details: { code?: string; version?: number } }) => ({ code: error.details.code ?? error.code, version: error.details.version }));

  for (let step = 0; step < steps; step += 1) {
    const scope = one(scopes);
    const key = one(keys);
    const version = model.get(scope, key, nowMs())?.version ?? 0;
    const ifVersion = maybe(0.3, () => one([version, version, version + 1, 0]));
    const ttlMs = maybe(0.2, () => 1 + Math.floor(random() * 5_000));
    const condition = { ...(ifVersion === undefined ? {} : { if_version: ifVersion }), ...(ttlMs === undefined ? {} : { ttl_ms: ttlMs }) };
    const conflict = { code: 'MOTIA_STATE_VERSION_CONFLICT', version };
    const kind = one(['set', 'set', 'update', 'update', 'delete', 'get', 'list', 'pages', 'wait'] as const);
    const asked = `step ${step} of seed ${seed}: ${kind} ${scope} ${key} ${JSON.stringify(condition)}`;
    switch (kind) {
      case 'set': {
        const value = one(values);
        const got = await attempt('state::set', { scope, key, value, ...condition });
        yield { asked, got, expected: answered(model.set(scope, key, value, { nowMs: nowMs(), ifVersion, ttlMs })) ?? conflict };
        break;
      }
      case 'update': {
        const ops = Array.from({ length: 1 + Math.floor(random() * 3) }, () => randomOp(one));
        const got = await attempt('state::update', { scope, key, ops, ...condition });
        const expected = model.update(scope, key, ops, { nowMs: nowMs(), ifVersion, ttlMs });
        yield { asked: `${asked} ${JSON.stringify(ops)}`, got, expected: typeof expected === 'string' ? { code: expected, version: undefined } : (answered(expected) ?? conflict) };
        break;
      }
      case 'delete': {
        const got = await attempt('state::delete', { scope, key, ...(ifVersion === undefined ? {} : { if_version: ifVersion }) });
        const expected = model.delete(scope, key, { nowMs: nowMs(), ifVersion });
        yield { asked, got, expected: expected === undefined ? conflict : (expected?.before ?? (expected === null ? undefined : null)) };
        break;
      }
      case 'get': {
        const got = (await engine.call<{ value: unknown; version: number } | undefined>('state::get', { scope, key, with_version: true }));
        yield { asked, got: got === undefined ? undefined : { value: got.value, version: got.version }, expected: model.get(scope, key, nowMs()) };
        yield { asked, got: await engine.call('state::get', { scope, key }), expected: model.get(scope, key, nowMs())?.value };
        break;
      }
      case 'list': {
        const prefix = one(['', 'a', 'a/', '🚲', 'zz']);
        yield { asked: `${asked} ${prefix}`, got: await engine.call('state::list', { scope, prefix }), expected: model.list(scope, prefix, nowMs()).map(([, value]) => value) };
        yield { asked, got: await engine.call('state::list_groups', {}), expected: { groups: model.scopes(nowMs()) } };
        break;
      }
      case 'pages':
        yield { asked, got: await keysInPages(engine, scope, 1 + Math.floor(random() * 3)), expected: model.list(scope, '', nowMs()).map(([listed]) => listed) };
        break;
      case 'wait':
        await engine.clock.advance(Math.floor(random() * 3_000));
        model.sweep(nowMs());
        break;
    }
  }
  await engine.clock.advance(10_000);
  model.sweep(nowMs());
  yield { asked: `seed ${seed}: what triggers saw, key by key`, got: undefined, expected: await disagreement(watcher, model.changes) };
}

async function keysInPages(engine: StateEngine, scope: string, limit: number): Promise<readonly string[]> {
  const found: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await engine.call<{ items: { key: string }[]; cursor?: string }>('state::list', { scope, with_keys: true, limit, ...(cursor === undefined ? {} : { cursor }) });
    found.push(...page.items.map(({ key }) => key));
    if (page.cursor === undefined) return found;
    cursor = page.cursor;
  }
}

/** Undefined when every change was told, in the order of its key. */
async function disagreement(watcher: Awaited<ReturnType<StateEngine['watch']>>, changes: readonly PlainChange[]): Promise<unknown> {
  await watcher.reached(changes.length);
  const told = (of: readonly (readonly [scope: string, key: string, what: string])[]): string => JSON.stringify([...of].sort((a, b) => (a[0] + a[1] < b[0] + b[1] ? -1 : a[0] + a[1] > b[0] + b[1] ? 1 : 0)));
  const seen = told(watcher.seen.map((event: StateEvent) => [event.scope, event.key, JSON.stringify([event.event_type, event.old_value, event.new_value, event.version])]));
  const expected = told(changes.map(({ scope, key, event, before, after, version }) => [scope, key, JSON.stringify([`state:${event}`, before, after, version])]));
  return seen === expected ? undefined : { seen, expected };
}

function answered(change: PlainChange | undefined): unknown {
  return change === undefined ? undefined : { old_value: change.before, new_value: change.after, version: change.version };
}

function randomOp(one: <T>(list: readonly T[]) => T): UpdateOp {
  const path = one(paths);
  switch (one(['set', 'merge', 'increment', 'decrement', 'append', 'remove'] as const)) {
    case 'set':
      return { type: 'set', path, value: one(values) };
    case 'merge':
      return { type: 'merge', path, value: one([{}, { count: 5 }, { nested: null }, { list: ['x'] }]) };
    case 'increment':
      return { type: 'increment', path, by: one([1, -2, 0.5]) };
    case 'decrement':
      return { type: 'decrement', path, by: one([1, 3]) };
    case 'append':
      return { type: 'append', path, value: one(values) };
    case 'remove':
      return { type: 'remove', path: one(['count', ['nested', 'text'], 'missing']) };
  }
}
