import type { RoutePattern, RouteSegment } from './route-pattern.js';

/** Anything a table can hold. */
export interface Routable {
  readonly method: string;
  readonly pattern: RoutePattern;
}

/** A route with the segments of the path that its parameters matched, still percent-encoded, in the order of the pattern. */
export interface RouteMatch<R> {
  readonly route: R;
  readonly rawValues: readonly string[];
}

interface Node<R> {
  literals: Map<string, Node<R>> | undefined;
  param: Node<R> | undefined;
  end: R | undefined;
  rest: R | undefined;
}

const noValues: readonly string[] = [];

/**
 * An immutable set of routes. Looking up costs one hash of the path for a route without parameters and one step a
 * segment otherwise; it does not grow with the number of routes. Literals win over parameters, parameters over `*rest`.
 * Letter case counts; percent-encoded literals are compared decoded.
 */
export class RouteTable<R extends Routable> {
  readonly #exact = new Map<string, Map<string, RouteMatch<R>>>();
  readonly #roots = new Map<string, Node<R>>();
  readonly #ignoresTrailingSlash: boolean;

  constructor(routes: Iterable<R>, options: { readonly isTrailingSlashStrict?: boolean } = {}) {
    this.#ignoresTrailingSlash = options.isTrailingSlashStrict !== true;
    for (const route of routes) this.#insert(route);
  }

  /** `path` as it stands in the request line, without the query. */
  find(method: string, path: string): RouteMatch<R> | undefined {
    const exact = this.#exact.get(method);
    if (exact === undefined) return undefined;
    const found = exact.get(path);
    if (found !== undefined) return found;
    const root = this.#roots.get(method);
    if (root === undefined) return undefined;
    if (this.#ignoresTrailingSlash && path.length > 1 && path.endsWith('/')) {
      return exact.get(path.slice(0, -1)) ?? walk(root, path.slice(0, -1), 1, []);
    }
    return walk(root, path, 1, []);
  }

  /** The methods that have a route for this path. HEAD comes with GET. */
  methodsOf(path: string): readonly string[] {
    const methods: string[] = [];
    for (const method of this.#exact.keys()) if (this.find(method, path) !== undefined) methods.push(method);
    if (methods.includes('GET') && !methods.includes('HEAD')) methods.push('HEAD');
    return methods;
  }

  #insert(route: R): void {
    const { segments, path } = route.pattern;
    let exact = this.#exact.get(route.method);
    if (exact === undefined) this.#exact.set(route.method, (exact = new Map()));
    if (segments.every((segment) => segment.kind === 'literal')) {
      const plain = `/${segments.map((segment) => segment.kind === 'literal' ? plainText(segment.text) : '').join('/')}`;
      exact.set(plain, { route, rawValues: noValues });
      if (this.#ignoresTrailingSlash) exact.set(path, { route, rawValues: noValues });
    }
    let root = this.#roots.get(route.method);
    if (root === undefined) this.#roots.set(route.method, (root = emptyNode()));
    place(root, segments, route);
  }
}

/** How clients write a literal: what they need not encode, and what splits a path when it is decoded, encoded. */
function plainText(text: string): string {
  return encodeURI(text).replaceAll(/[/?#]/g, encodeURIComponent);
}

function emptyNode<R>(): Node<R> {
  return { literals: undefined, param: undefined, end: undefined, rest: undefined };
}

function place<R>(root: Node<R>, segments: readonly RouteSegment[], route: R): void {
  let node = root;
  for (const segment of segments) {
    if (segment.kind === 'rest') {
      node.rest = route;
      return;
    }
    if (segment.kind === 'param') {
      node = node.param ??= emptyNode();
    } else {
      node.literals ??= new Map();
      let next = node.literals.get(segment.text);
      if (next === undefined) node.literals.set(segment.text, (next = emptyNode()));
      node = next;
    }
  }
  node.end = route;
}

/** Depth first with a way back: `/a/:x/c` is found although `/a/b/d` shares the literal `b`. */
function walk<R>(node: Node<R>, path: string, start: number, values: string[]): RouteMatch<R> | undefined {
  if (start > path.length || path === '/') return node.end === undefined ? undefined : { route: node.end, rawValues: values.slice() };
  const slash = path.indexOf('/', start);
  const stop = slash === -1 ? path.length : slash;
  const text = path.slice(start, stop);
  if (node.literals !== undefined) {
    const next = node.literals.get(text) ?? (text.includes('%') ? node.literals.get(decoded(text)) : undefined);
    const found = next === undefined ? undefined : walk(next, path, stop + 1, values);
    if (found !== undefined) return found;
  }
  if (node.param !== undefined && text !== '') {
    values.push(text);
    const found = walk(node.param, path, stop + 1, values);
    if (found !== undefined) return found;
    values.pop();
  }
  if (node.rest === undefined) return undefined;
  return { route: node.rest, rawValues: [...values, path.slice(start)] };
}

/** Malformed encodings match no literal; a parameter that takes them reports them. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
