/** Version of this package, as in package.json. */
export const stateVersion = '0.1.0';
