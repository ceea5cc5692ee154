/** Exactly the same type, in both directions. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Fails to compile unless `T` is `true`: `type _ = Expect<Equal<A, B>>`. */
export type Expect<T extends true> = T;
/** True when a value of type `A` may be assigned to `B`. */
export type Assignable<A, B> = [A] extends [B] ? true : false;
