/** Version of this package, as in package.json. */
export const cronVersion = '0.1.0';
