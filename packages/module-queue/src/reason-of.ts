/** What anything thrown says of itself, for log lines. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
