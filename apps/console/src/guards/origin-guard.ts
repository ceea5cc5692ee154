/**
 * Whether a request may come from where its Origin header says. Programs send none; pages that the console itself serves name
 * exactly the host they called. Everything else is foreign, `null` (sandboxed frames, files) included.
 */
export function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  if (host === undefined) return false;
  const match = /^https?:\/\/([^/?#@\s]+)$/i.exec(origin);
  return match?.[1]?.toLowerCase() === host.trim().toLowerCase();
}
