/** A promise with its two ends. Nobody has to listen: a rejection that nobody asked about is not an error of the program. */
export interface Settlement<T> {
  readonly promise: Promise<T>;
  /** The first of the two wins; later calls do nothing. */
  resolve(value: T): void;
  reject(error: Error): void;
}

export function settlement<T>(): Settlement<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
