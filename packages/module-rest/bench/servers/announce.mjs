export const message = { message: 'hello' };

/** Listens on a free port and prints it. */
export function announce(server) {
  server.listen(0, '127.0.0.1', () => print(server.address().port));
}

export function print(port) {
  process.on('SIGINT', () => process.exit(0));
  process.stdout.write(`${port}\n`);
}
