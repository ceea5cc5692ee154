/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** That of this process, read where the composition root asks for it and nowhere else. */
export function processEnvironment(): Environment {
  return process.env;
}

/** Folder that relative paths start from when nobody named one. */
export function workingDirectory(): string {
  return process.cwd();
}
