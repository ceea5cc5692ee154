import { Type, type Static, type TNull, type TObject, type TSchema, type TUnion } from '@sinclair/typebox';

// Answers may say more than their schemas: a later engine adds, and takes nothing away.

export const text = Type.String();
export const count = Type.Integer({ minimum: 0 });
export const flag = Type.Boolean();
/** Milliseconds since 1970. */
export const epochMs = Type.Number();
/** Nanoseconds since 1970, exact to about a quarter of a microsecond. */
export const epochNanos = Type.Number();
/** RFC 3339. */
export const time = Type.String();
export const traceId = Type.String({ pattern: '^[0-9a-f]{32}$' });
export const spanId = Type.String({ pattern: '^[0-9a-f]{16}$' });
/** Whatever the app keeps or answers. */
export const anything = Type.Unknown();
export const names = Type.Record(Type.String(), Type.Unknown());

export function orNull<T extends TSchema>(schema: T): TUnion<[T, TNull]> {
  return Type.Union([schema, Type.Null()]);
}

export const oneOf = <const T extends readonly string[]>(...values: T) => Type.Union(values.map((value) => Type.Literal(value))) as unknown as ReturnType<typeof Type.Unsafe<T[number]>>;

/** A page of a list. */
export function pageOf<T extends TSchema>(row: T) {
  return Type.Object({
    items: Type.Array(row),
    /** Opaque; null on the last page. */
    nextCursor: orNull(text),
    total: Type.Optional(Type.Object({ value: count, exact: flag })),
    /** A limit or range was larger than allowed, and was cut. */
    clamped: Type.Optional(Type.Literal(true)),
  });
}

/** What a change answers: what was answered to it, and the trace that it made. */
export function actedOf<T extends TSchema>(result: T): TObject<{ result: T; traceId: typeof traceId }> {
  return Type.Object({ result, traceId });
}

export type { Static };
