import { restErrors } from './errors.js';

/** One segment of a route: text to match as it is (decoded), a parameter, or the rest of the path. */
export type RouteSegment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'param'; readonly name: string }
  | { readonly kind: 'rest'; readonly name: string };

export interface RoutePattern {
  /** As shown to handlers and in lists, with a leading slash: `/users/:id`. */
  readonly path: string;
  readonly segments: readonly RouteSegment[];
  /** Equal for patterns that match the same paths: `/users/:`. */
  readonly shape: string;
}

const paramName = /^[A-Za-z_$][\w$]*$/;
const forbidden = new Set(['__proto__', 'constructor', 'prototype']);
const longestPath = 2048;

/**
 * Reads a route such as `/users/:id`, `users/:id` or `/files/*rest`. Parameters are whole segments and match one
 * non-empty segment; a trailing `*name` matches one or more.
 * @throws `MOTIA_REST_INVALID_ROUTE` with the spelling to use instead.
 */
export function parseRoutePattern(given: string, options: { readonly isTrailingSlashStrict?: boolean } = {}): RoutePattern {
  const path = given.startsWith('/') ? given : `/${given}`;
  checkWhole(given, path);
  const isOpenEnded = path.length > 1 && path.endsWith('/');
  const texts = path.slice(1).split('/');
  if (isOpenEnded && options.isTrailingSlashStrict !== true) texts.pop();
  const segments = path === '/' ? [] : texts.map((text, index) => parseSegment(given, path, text, index === texts.length - 1, isOpenEnded));
  const names = segments.flatMap((segment) => (segment.kind === 'literal' ? [] : [segment.name]));
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw invalid(given, `the parameter "${repeated}" appears twice`);
  return { path, segments, shape: `/${segments.map(shapeOf).join('/')}` };
}

function checkWhole(given: string, path: string): void {
  if (path.length > longestPath) throw invalid(`${given.slice(0, 40)}…`, `it is longer than ${longestPath} characters`);
  if (/[\s\p{Cc}\p{Cs}]/u.test(path)) throw invalid(given, 'it holds white space, a control character or half a character');
}

function parseSegment(given: string, path: string, text: string, isLast: boolean, isOpenEnded: boolean): RouteSegment {
  if (text === '' && !(isLast && isOpenEnded)) throw invalid(given, 'it has an empty segment', path.replaceAll(/\/{2,}/g, '/'));
  if (text.startsWith('*')) return parseRest(given, path, text, isLast);
  if (text.includes('*') && !text.includes(':')) throw invalid(given, '"*" must be the start of the last segment', `${path.replaceAll('*', '').replace(/\/$/, '')}/*rest`);
  if (/[{}]/.test(text)) throw invalid(given, 'optional groups are not supported', 'one trigger for each path');
  if (text.includes(':')) return parseParam(given, path, text);
  if (/[()]/.test(text)) throw invalid(given, 'regular expressions are not supported', 'a parameter, and check it in the handler');
  if (/[?#]/.test(text)) throw invalid(given, 'a path has no query string or fragment', path.replace(/[?#].*$/, ''));
  if (text.includes('\\')) throw invalid(given, 'it holds a backslash');
  return { kind: 'literal', text: decodeLiteral(given, text) };
}

function parseRest(given: string, path: string, text: string, isLast: boolean): RouteSegment {
  if (!isLast) throw invalid(given, '"*" must be the last segment', `${path.slice(0, path.indexOf('*'))}*rest`);
  if (text === '*' || text === '**') throw invalid(given, 'a wildcard needs a name', `${path.slice(0, path.indexOf('*'))}*rest`);
  return { kind: 'rest', name: checkName(given, text.slice(1)) };
}

function parseParam(given: string, path: string, text: string): RouteSegment {
  const optional = /^:([\w$]+)\?$/.exec(text);
  if (optional) {
    const full = path.replace(text, `:${optional[1] ?? ''}`);
    const short = path.slice(0, path.indexOf(text)).replace(/\/$/, '') || '/';
    throw invalid(given, 'optional parameters are not supported', `two triggers, ${short} and ${full}`);
  }
  const expression = /^:([\w$]+)\(.*$/.exec(text);
  if (expression) throw invalid(given, 'regular expressions are not supported', `${path.slice(0, path.indexOf(text))}:${expression[1] ?? ''}, and check it in the handler`);
  const repeat = /^:([\w$]+)[*+]$/.exec(text);
  if (repeat) throw invalid(given, 'repeated parameters are not supported', `${path.slice(0, path.indexOf(text))}*${repeat[1] ?? ''}`);
  const names = text.match(/:[\w$]+/g) ?? [];
  if (names.length > 1) throw invalid(given, 'a segment holds more than one parameter', path.replace(text, names.join('/')));
  if (!text.startsWith(':')) throw invalid(given, 'a parameter must be a whole segment', path.replace(text, names[0] ?? ':name'));
  const name = text.slice(1);
  if (!paramName.test(name) && names[0] !== undefined && names[0] !== text) throw invalid(given, 'a parameter must be a whole segment', path.replace(text, names[0]));
  return { kind: 'param', name: checkName(given, name) };
}

function checkName(given: string, name: string): string {
  if (!paramName.test(name)) throw invalid(given, 'a parameter name must be letters, digits and _, and not begin with a digit');
  if (forbidden.has(name)) throw invalid(given, `"${name}" cannot be a parameter name`);
  return name;
}

function decodeLiteral(given: string, text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(given, 'it holds a malformed percent-encoding');
  }
}

function shapeOf(segment: RouteSegment): string {
  if (segment.kind === 'param') return ':';
  return segment.kind === 'rest' ? '*' : encodeURIComponent(segment.text);
}

function invalid(path: string, problem: string, use?: string): Error {
  return restErrors.INVALID_ROUTE({ path, problem, ...(use === undefined ? {} : { use }) });
}
