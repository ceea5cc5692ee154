/** Version of this package, as in package.json. */
export const streamVersion = '0.1.0';
