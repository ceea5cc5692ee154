import type { CommandName } from './arguments.js';

const overview = `motia: develop and run an app of Steps on the iii engine

Usage: motia <command> [options]

Commands:
  dev              Build for development, then serve: starts the local engine, or serves the engine that runs this command
  build            Write the production bundle, dist/index-production.js
  start            Serve the production bundle: to the local engine, the one that runs this command, or one elsewhere (--engine)
  generate-types   Write motia-env.d.ts: the types of streams and topics, for ctx.streams and ctx.enqueue

Options:
  -v, --version   Print the version
  -h, --help      Print this, or with a command its options
`;

const topics: Readonly<Record<CommandName, string>> = {
  dev: `motia dev: build for development, then serve

Usage: motia dev [options]

Started by hand it runs the local engine with config.yaml (or the standard modules when there is none), which restarts
the app when a file changes. As a command of ExecModule it builds dist/index-dev.js; as the last one it also serves.

Options:
  -c, --config <file>     Engine configuration to use instead of config.yaml
  -e, --external <path>   Leave this import out of the bundle (repeatable; packages always are)
  -h, --help              Print this
`,
  build: `motia build: write the production bundle

Usage: motia build [options]

Writes dist/index-production.js and dist/production/, minified, with source maps. Exits 1 when a file does not compile.

Options:
  -e, --external <path>   Leave this import out of the bundle (repeatable; packages always are)
  -h, --help              Print this
`,
  start: `motia start: serve the production bundle

Usage: motia start [options]

Needs \`motia build\` before. Started by hand it runs the local engine with config.yaml (or the standard modules), or with
--engine serves one that runs elsewhere (modules::worker::WorkerModule), and connects again whenever the connection is lost.

Options:
  -c, --config <file>     Engine configuration to use instead of config.yaml
      --engine <url>      tcp://host:port, tls://host:port or unix:///path.sock; default: III_ENGINE_URL, if it is set

Environment with --engine:
  III_ENGINE_TOKEN        The token that the engine asks for
  III_ENGINE_CA_FILE, III_ENGINE_CERT_FILE, III_ENGINE_KEY_FILE
                          PEM files for tls://: the engine's authority, and this process's certificate and key

  -h, --help              Print this
`,
  'generate-types': `motia generate-types: write the types of streams and topics

Usage: motia generate-types [options]

Loads the Steps and streams of the app, serves nothing, and writes what their schemas say to motia-env.d.ts, which types
ctx.streams and ctx.enqueue. A file that does not load is reported and left out, and the exit code is 1.

Options:
  -o, --output <file>     File to write instead of motia-env.d.ts
      --check             Write nothing; exit 1 when the file is missing or out of date
  -h, --help              Print this
`,
};

/** The text of `motia --help`, or of `motia <topic> --help`. */
export function helpText(topic?: CommandName): string {
  return topic === undefined ? overview : topics[topic];
}