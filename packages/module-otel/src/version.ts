/** Version of this package, as in package.json. */
export const otelVersion = '0.1.0';
