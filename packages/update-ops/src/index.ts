/** Version of this package, as in package.json. */
export const updateOpsVersion = '0.1.0';
