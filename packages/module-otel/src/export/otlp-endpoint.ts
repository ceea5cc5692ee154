/** `http://host:4318` and `http://host:4318/v1/traces` both mean the collector there. */
export function urlFor(endpoint: string, signalName: string): string {
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/v1\/(?:traces|logs|metrics)\/?$/, '').replace(/\/$/, '')}/v1/${signalName}`;
  return url.href;
}

/** As it may be shown. */
export function withoutPassword(endpoint: string): string {
  const url = new URL(endpoint);
  url.username = '';
  url.password = '';
  url.search = '';
  return url.href;
}
