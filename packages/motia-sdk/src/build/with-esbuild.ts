/** The part of esbuild that we use. */
export type Esbuild = Pick<typeof import('esbuild'), 'build'>;

let users = 0;

/** Lends esbuild, loading it on first use, and ends its service process when nobody uses it any more. */
export async function withEsbuild<T>(use: (esbuild: Esbuild) => Promise<T>): Promise<T> {
  users += 1;
  const esbuild = await import('esbuild');
  try {
    return await use(esbuild);
  } finally {
    users -= 1;
    if (users === 0) await esbuild.stop();
  }
}
