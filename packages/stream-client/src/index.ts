/** Version of this package, as in package.json. */
export const streamClientVersion = '0.1.0';
