import { toJsonValue, type JsonValueResult } from './json-value.js';
import { forbiddenKeys, updateLimits, type CheckedUpdateOp, type UpdateOpType, type UpdateProblem } from './update-op.js';

export type ParsedUpdateOps =
  | {
      readonly ok: true;
      readonly ops: readonly CheckedUpdateOp[];
      /** The first integer beyond 2^53 in what they bring, which may have been rounded before it came here. */
      readonly unsafeInteger?: { readonly opIndex: number; readonly pointer: string };
    }
  | { readonly ok: false; readonly problem: UpdateProblem };

/** Checks a list of operations from anywhere. Everything that does not depend on the item is found here. */
export function parseUpdateOps(input: unknown): ParsedUpdateOps {
  if (!Array.isArray(input)) return listProblem('ops.not_a_list', 'The operations are not a list.');
  if (input.length > updateLimits.maxOps) return listProblem('ops.too_many', `There are ${input.length} operations; at most ${updateLimits.maxOps} are taken at once.`);
  const ops: CheckedUpdateOp[] = [];
  let unsafeInteger: { readonly opIndex: number; readonly pointer: string } | undefined;
  for (const [opIndex, given] of (input as unknown[]).entries()) {
    try {
      const { op, unsafeIntegerAt } = parseOne(given);
      ops.push(op);
      if (unsafeIntegerAt !== undefined) unsafeInteger ??= { opIndex, pointer: unsafeIntegerAt };
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      return { ok: false, problem: { code: thrown.code, message: thrown.message, opIndex } };
    }
  }
  return { ok: true, ops, ...(unsafeInteger === undefined ? {} : { unsafeInteger }) };
}

function listProblem(code: string, message: string): ParsedUpdateOps {
  return { ok: false, problem: { code, message } };
}

class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const encoder = new TextEncoder();
const optionalPath: ReadonlySet<UpdateOpType> = new Set(['merge', 'append']);
const types: ReadonlySet<unknown> = new Set<UpdateOpType>(['set', 'merge', 'increment', 'decrement', 'append', 'remove']);

interface ParsedOp {
  readonly op: CheckedUpdateOp;
  readonly unsafeIntegerAt?: string | undefined;
}

function parseOne(given: unknown): ParsedOp {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new Refusal('ops.not_an_operation', 'An operation is an object with `type`, `path` and what the type asks for.');
  const { type, path, value, by } = given as Readonly<Record<string, unknown>>;
  if (!isType(type)) throw new Refusal('ops.unknown_type', 'The type of an operation is one of set, merge, increment, decrement, append, remove.');
  const segments = parsePath(type, path);
  switch (type) {
    case 'increment':
    case 'decrement':
      if (typeof by !== 'number' || !Number.isFinite(by)) throw new Refusal(`${type}.by_not_number`, `\`by\` of ${type} is not a finite number.`);
      return { op: { type, path: segments, by }, unsafeIntegerAt: Number.isInteger(by) && !Number.isSafeInteger(by) ? '/by' : undefined };
    case 'remove':
      if (segments.length === 0) throw new Refusal('remove.path.root', 'remove takes a key away; to take the whole item away, delete it.');
      return { op: { type, path: segments } };
    case 'merge':
      return parseMerge(value, segments);
    case 'set':
    case 'append': {
      const parsed = parseValue(type, value, updateLimits.maxValueDepth - segments.length - (type === 'append' ? 1 : 0));
      return { op: { type, path: segments, value: parsed.value }, unsafeIntegerAt: unsafeAt(parsed) };
    }
  }
}

function isType(type: unknown): type is UpdateOpType {
  return types.has(type);
}

function parsePath(type: UpdateOpType, path: unknown): readonly string[] {
  if (path === '' || (path === undefined && optionalPath.has(type))) return [];
  const segments: unknown = typeof path === 'string' ? [path] : path;
  if (!Array.isArray(segments)) throw new Refusal(`${type}.path.invalid`, `\`path\` of ${type} is neither a string nor a list of strings.`);
  if (segments.length > updateLimits.maxPathDepth) throw new Refusal(`${type}.path.too_deep`, `\`path\` of ${type} has ${segments.length} segments; at most ${updateLimits.maxPathDepth} are taken.`);
  return segments.map((segment) => parseSegment(type, segment));
}

function parseSegment(type: UpdateOpType, segment: unknown): string {
  if (typeof segment !== 'string') throw new Refusal(`${type}.path.invalid`, `A segment of \`path\` of ${type} is not a string.`);
  if (segment === '') throw new Refusal(`${type}.path.empty_segment`, `A segment of \`path\` of ${type} is empty.`);
  if (segment.length > updateLimits.maxSegmentBytes || encoder.encode(segment).length > updateLimits.maxSegmentBytes) {
    throw new Refusal(`${type}.path.segment_too_long`, `A segment of \`path\` of ${type} is longer than ${updateLimits.maxSegmentBytes} bytes.`);
  }
  if (forbiddenKeys.has(segment)) throw new Refusal(`${type}.path.proto_polluted`, `\`path\` of ${type} names "${segment}", which is no key of data.`);
  return segment;
}

function parseMerge(value: unknown, path: readonly string[]): ParsedOp {
  const parsed = parseValue('merge', value, Math.min(updateLimits.maxMergeDepth, updateLimits.maxValueDepth - path.length));
  const { value: plain } = parsed;
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) throw new Refusal('merge.value.not_an_object', 'The value of merge is not an object.');
  const keys = Object.keys(plain);
  if (keys.length > updateLimits.maxMergeKeys) throw new Refusal('merge.value.too_many_keys', `The value of merge has ${keys.length} keys; at most ${updateLimits.maxMergeKeys} are taken.`);
  const forbidden = keys.find((key) => forbiddenKeys.has(key));
  if (forbidden !== undefined) throw new Refusal('merge.value.proto_polluted', `The value of merge names "${forbidden}", which is no key of data.`);
  return { op: { type: 'merge', path, value: plain as Readonly<Record<string, unknown>> }, unsafeIntegerAt: unsafeAt(parsed) };
}

function unsafeAt({ unsafeIntegerAt }: ParsedValue): string | undefined {
  return unsafeIntegerAt === undefined ? undefined : `/value${unsafeIntegerAt}`;
}

type ParsedValue = Extract<JsonValueResult, { readonly ok: true }>;

function parseValue(type: UpdateOpType, value: unknown, maxDepth: number): ParsedValue {
  if (value === undefined) throw new Refusal(`${type}.value.missing`, `${type} has no \`value\`.`);
  const result = toJsonValue(value, { maxDepth });
  if (result.ok) return result;
  const { reason, found, pointer } = result.problem;
  if (reason === 'too_deep') throw new Refusal(`${type}.value.too_deep`, `The value of ${type} has ${found}.`);
  const code = reason === 'forbidden_key' ? 'proto_polluted' : 'not_serializable';
  throw new Refusal(`${type}.value.${code}`, `The value of ${type} holds ${found}${pointer === '' ? '' : ` at ${pointer}`}.`);
}
