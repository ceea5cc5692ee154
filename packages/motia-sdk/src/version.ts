/** Version of this package, as `initialize` tells it. A test holds it equal to package.json. */
export const VERSION = '0.1.0';
