/** Version of this package, as in package.json. */
export const pubsubVersion = '0.1.0';
