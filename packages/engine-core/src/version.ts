/** Version of this package, shown to workers, in health reports and by `iii --version`. */
export const engineVersion = '0.1.0';
