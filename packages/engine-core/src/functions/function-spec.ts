import type { FunctionSpec, MotiaError } from '@motia/protocol';
import { invocationErrors } from '../errors/invocation-errors.js';

export interface SpecLimits {
  readonly maxDescriptionBytes: number;
  /** Schemas and metadata of one function together, as JSON. */
  readonly maxSpecBytes: number;
}

const longestName = 512;
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const control = /[\u0000-\u001f\u007f]/;

/** Why a string cannot name a function, a trigger type or a trigger. */
export function checkName(name: unknown): MotiaError | undefined {
  const problem = nameProblem(name);
  return problem === undefined ? undefined : invocationErrors.INVALID_NAME({ name: printable(name), problem });
}

/** Why a function cannot be registered, whoever asks. */
export function checkSpec(spec: FunctionSpec, limits: SpecLimits): MotiaError | undefined {
  if (!isRecord(spec)) return invocationErrors.INVALID_REGISTRATION({ name: printable(spec), problem: 'a function is an object with an id' });
  const wrongName = checkName(spec.id);
  if (wrongName !== undefined) return wrongName;
  return checkDescription(spec.id, spec.description, limits) ?? checkExtras(spec, limits);
}

/** Why a description cannot be kept. */
export function checkDescription(name: string, description: unknown, limits: SpecLimits): MotiaError | undefined {
  if (description === undefined) return undefined;
  if (typeof description !== 'string') return invocationErrors.INVALID_REGISTRATION({ name, problem: 'its description is not text' });
  const bytes = Buffer.byteLength(description);
  if (bytes <= limits.maxDescriptionBytes) return undefined;
  return invocationErrors.LIMIT({ what: `The description of "${name}" in bytes`, limit: limits.maxDescriptionBytes, received: bytes });
}

function checkExtras(spec: FunctionSpec, limits: SpecLimits): MotiaError | undefined {
  const { id, requestSchema, responseSchema, metadata } = spec;
  for (const [key, schema] of Object.entries({ requestSchema, responseSchema })) {
    if (schema !== undefined && typeof schema !== 'boolean' && !isRecord(schema)) {
      return invocationErrors.INVALID_REGISTRATION({ name: id, problem: `${key} is not a JSON Schema` });
    }
  }
  if (metadata !== undefined && !isRecord(metadata)) return invocationErrors.INVALID_REGISTRATION({ name: id, problem: 'metadata is not an object' });
  if (requestSchema === undefined && responseSchema === undefined && metadata === undefined) return undefined;
  let bytes: number;
  try {
    bytes = Buffer.byteLength(JSON.stringify([requestSchema, responseSchema, metadata]));
  } catch (error) {
    return invocationErrors.INVALID_REGISTRATION({ name: id, problem: 'its schemas or metadata are not JSON' }, error);
  }
  if (bytes <= limits.maxSpecBytes) return undefined;
  return invocationErrors.LIMIT({ what: `The schemas and metadata of "${id}" in bytes`, limit: limits.maxSpecBytes, received: bytes });
}

function nameProblem(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'it is not text';
  if (name.length === 0) return 'it is empty';
  if (name.length > longestName) return `it is longer than ${String(longestName)} characters`;
  if (control.test(name)) return 'it holds control characters';
  if (name.trim() !== name) return 'it starts or ends with a space';
  return undefined;
}

function printable(name: unknown): string {
  return typeof name === 'string' ? JSON.stringify(name.slice(0, 80)).slice(1, -1) : typeof name;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
