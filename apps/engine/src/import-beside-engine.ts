import type { ImportPackage } from '@motia/engine-core';

/** Finds the standard packages beside this one, wherever the user's app lives. */
export const importBesideEngine: ImportPackage = (specifier) => import(specifier) as ReturnType<ImportPackage>;
