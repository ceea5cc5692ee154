import ts from 'typescript';

const options: ts.CompilerOptions = { strict: true, exactOptionalPropertyTypes: true, noEmit: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, types: [] };
const libraries = new Map<string, ts.SourceFile | undefined>();

/** What the compiler says of sources that stand side by side, as `name: message`. Nothing is read but its libraries. */
export function problemsOf(sources: ReadonlyMap<string, string>): readonly string[] {
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.fileExists = (name) => sources.has(name);
  host.readFile = (name) => sources.get(name);
  host.getSourceFile = (name, languageVersion) => {
    const text = sources.get(name);
    if (text !== undefined) return ts.createSourceFile(name, text, languageVersion);
    if (!libraries.has(name)) libraries.set(name, /[/\\]lib\.[^/\\]*\.d\.ts$/.test(name) ? ts.createSourceFile(name, ts.sys.readFile(name) ?? '', languageVersion) : read(name, languageVersion));
    return libraries.get(name);
  };
  const program = ts.createProgram({ rootNames: [...sources.keys()], options, host });
  return [...sources.keys()].flatMap((name) => {
    const file = program.getSourceFile(name);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(({ messageText }) => `${name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
  });
}

/** A `motia` that declares what generated files refer to. */
export const motiaModule = `declare module 'motia' { export interface Streams {} export interface Enqueues {} export interface StreamOf<N extends string, T> { name: N; item: T } export interface Step {} }`;
