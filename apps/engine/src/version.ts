/** Of this package, and what `iii --version` prints. A test holds it equal to package.json. */
export const version = '0.1.0';
