/** Version of this package, as in package.json. */
export const storeVersion = '0.1.0';
