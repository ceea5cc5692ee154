/** Version of this package, as in package.json. */
export const workerVersion = '0.1.0';
