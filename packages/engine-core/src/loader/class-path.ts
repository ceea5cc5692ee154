/** A class path: names of letters, digits and `_`, joined by `::`, at least two. `modules::queue::QueueModule`. */
const grammar = /^[A-Za-z_]\w*(?:::[A-Za-z_]\w*)+$/;
const longest = 200;

/** What is wrong with a class path; undefined when nothing is. */
export function classPathProblem(text: string): string | undefined {
  if (text.trim() === '') return 'is empty';
  if (text.length > longest) return `is longer than ${longest} characters`;
  if (grammar.test(text)) return undefined;
  if (text !== text.trim()) return 'has spaces at its ends';
  if (!text.includes('::')) return 'must be names joined by "::", such as modules::api::RestApiModule';
  return 'may hold only letters, digits and "_" between "::"';
}

/** The last name: `QueueModule`. */
export function lastName(classPath: string): string {
  return classPath.slice(classPath.lastIndexOf('::') + 1).replace(/^:/, '');
}
