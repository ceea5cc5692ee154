import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, visit, type Alias, type Document, type Node, type Pair, type Scalar } from 'yaml';
import type { ConfigProblem } from '../errors.js';
import { escapePointer } from '../options/option-problems.js';
import { setOwn } from '../options/plain-data.js';
import type { Environment } from '../system/environment.js';
import { hasVariable, interpolate } from './interpolate.js';

/** Counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A YAML text as plain data with variables put in, and where each part stands. */
export interface ConfigDocument {
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  /** Position of what a JSON pointer names: the key where there is one. Falls back to the nearest part that exists. */
  positionOf(pointer: string): Position;
  /** What is written where variables were put in; undefined elsewhere. */
  writtenAt(pointer: string): string | undefined;
}

/** Aliases repeat what they stand for, so a few lines could otherwise name more values than fit into memory. */
const mostValues = 20_000;
const deepest = 64;
/** Of all texts with variables together, for the same reason. */
const mostExpandedCharacters = 4_194_304;

/**
 * Reads YAML first and variables second, so that a value can never add structure and a comment is never looked at.
 * A plain scalar with variables gets its type after they were put in (`port: ${P:3111}` is a number); quoted and block
 * scalars stay text. Never throws: everything wrong is a problem with its place.
 */
export function readConfigDocument(text: string, options: { readonly source: string; readonly environment: Environment }): ConfigDocument {
  const { source, environment } = options;
  const lines = new LineCounter();
  const document = parseDocument(text, { version: '1.2', schema: 'core', lineCounter: lines, keepSourceTokens: false, prettyErrors: false, logLevel: 'error' });
  const targets = aliasTargets(document);
  const positions = new Map<string, Position>();
  const written = new Map<string, string>();
  const problems: ConfigProblem[] = [];
  let values = 0;
  let expandedCharacters = 0;
  let isTooDeep = false;

  function at(offset: number | undefined): Position {
    const { line, col } = lines.linePos(offset ?? 0);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  function report(problem: string, pointer: string, position: Position): void {
    problems.push({ source, problem, pointer, ...position });
  }

  function read(node: unknown, pointer: string, aliases: readonly unknown[], depth: number): unknown {
    values += 1;
    if (depth > deepest) {
      if (!isTooDeep) report(`is nested more than ${deepest} levels deep`, pointer, at((node as Node | null)?.range?.[0]));
      isTooDeep = true;
      return null;
    }
    if (values > mostValues) {
      if (values === mostValues + 1) report(`holds more than ${mostValues} values, aliases counted each time they are used`, pointer, positions.get(pointer) ?? at(0));
      return null;
    }
    if (isAlias(node)) {
      const target = targets.get(node);
      if (target === undefined || aliases.includes(target)) {
        report(target === undefined ? 'the alias names no anchor' : 'the alias refers to itself', pointer, at(node.range?.[0]));
        return null;
      }
      return read(target, pointer, [...aliases, target], depth);
    }
    if (!positions.has(pointer)) positions.set(pointer, at((node as Node | null)?.range?.[0]));
    if (isMap(node)) return readMap(node.items, pointer, aliases, depth);
    if (isSeq(node)) return node.items.map((item, index) => read(item, `${pointer}/${index}`, aliases, depth + 1));
    return isScalar(node) ? readScalar(node, pointer) : null;
  }

  function readMap(items: readonly Pair[], pointer: string, aliases: readonly unknown[], depth: number): unknown {
    const result: Record<string, unknown> = {};
    for (const pair of items) {
      if (!isPair(pair)) continue;
      const keyPosition = at((pair.key as Node | null)?.range?.[0]);
      if (!isScalar(pair.key) || pair.key.value === null || typeof pair.key.value === 'object') {
        report('a key must be text', pointer, keyPosition);
        continue;
      }
      const key = pair.key.source ?? String(pair.key.value);
      const member = `${pointer}/${escapePointer(key)}`;
      if (!positions.has(member)) positions.set(member, keyPosition);
      if (hasVariable(key)) report('variables are put into values, not into keys', member, keyPosition);
      setOwn(result, key, read(pair.value, member, aliases, depth + 1));
    }
    return result;
  }

  function readScalar(scalar: Scalar, pointer: string): unknown {
    // What was written, before YAML gave it a type: `${A}1` is text to YAML already, `12` is not and holds no variable.
    if (typeof scalar.value !== 'string' || !hasVariable(scalar.value)) return scalar.value;
    const { text: expanded, missing } = interpolate(scalar.value, environment);
    written.set(pointer, scalar.value);
    for (const name of missing) report(`the environment variable ${name} is not set and has no fallback (\${${name}:fallback})`, pointer, at(scalar.range?.[0]));
    if (missing.length > 0) return undefined;
    expandedCharacters += expanded.length;
    if (expandedCharacters > mostExpandedCharacters) {
      if (expandedCharacters - expanded.length <= mostExpandedCharacters) report(`the variables of the file hold more than ${mostExpandedCharacters} characters together`, pointer, at(scalar.range?.[0]));
      return undefined;
    }
    return scalar.type === 'PLAIN' && scalar.tag === undefined ? plainValue(expanded, document) : expanded;
  }

  const badLines = new Set<number>();
  for (const error of [...document.errors, ...document.warnings]) {
    const position = at(error.pos[0]);
    // One slip makes the parser stumble over the rest of the line; only the first stumble tells something.
    if (badLines.has(position.line)) continue;
    badLines.add(position.line);
    const isUnquoted = text.split('\n', position.line)[position.line - 1]?.includes('${') === true;
    const hint = isUnquoted ? ' (write "${NAME}" in quotes inside [ ] and { }, and where the fallback holds ": " or " #")' : '';
    report(`not valid YAML: ${error.message.replaceAll(/\s+/g, ' ')}${hint}`, '', position);
  }
  const value = document.errors.length > 0 ? undefined : read(document.contents, '', [], 0);
  return {
    value,
    problems,
    writtenAt: (pointer) => written.get(pointer),
    positionOf(pointer) {
      for (let part = pointer; ; part = part.slice(0, part.lastIndexOf('/'))) {
        const position = positions.get(part);
        if (position !== undefined) return position;
        if (part === '') return { line: 1, column: 1 };
      }
    },
  };
}

/** What each alias stands for, found in one pass: asking the library per alias searches the whole document each time. */
function aliasTargets(document: Document): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node(_key, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if (node.anchor !== undefined) {
        anchors.set(node.anchor, node);
      }
    },
  });
  return targets;
}

/** The value that YAML's core schema gives a plain scalar of this text. */
export function plainValue(text: string, document: Document): unknown {
  for (const tag of document.schema?.tags ?? []) {
    if (tag.default !== true || !('test' in tag) || tag.test?.test(text) !== true || tag.resolve === undefined) continue;
    const resolved = (tag.resolve as (source: string, onError: () => void, options: unknown) => unknown)(text, () => undefined, { intAsBigInt: false });
    return isScalar(resolved) ? resolved.value : resolved;
  }
  return text;
}
