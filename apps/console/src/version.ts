/** Version of this package, as in package.json. */
export const consoleVersion = '0.1.0';
