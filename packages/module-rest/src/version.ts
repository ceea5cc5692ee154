/** Version of this package, as in package.json. */
export const restVersion = '0.1.0';
