/** Version of this package, as in package.json. */
export const queueVersion = '0.1.0';
