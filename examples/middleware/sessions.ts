/** Tokens by user. A real app would ask its identity provider. */
const users: Readonly<Record<string, string>> = { 'token-of-ada': 'ada', 'token-of-bob': 'bob' };

/** The token of a user; undefined for nobody. */
export function tokenOf(user: string): string | undefined {
  return Object.keys(users).find((token) => users[token] === user);
}

/** The user that an Authorization header stands for. */
export function userOf(header: string | readonly string[] | undefined): string | undefined {
  const token = typeof header === 'string' ? /^Bearer (.+)$/.exec(header)?.[1] : undefined;
  return token === undefined || !Object.hasOwn(users, token) ? undefined : users[token];
}
