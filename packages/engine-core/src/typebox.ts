/**
 * The builder of option schemas, in one file: a program that loads a dozen modules reads it once instead of the library's hundreds of
 * files. The build of every package takes `Type` from here where its source names `@sinclair/typebox`; types come from there.
 */
export { Kind, Type } from '@sinclair/typebox';
