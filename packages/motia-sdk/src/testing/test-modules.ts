import type { TestModuleUse } from './test-engine.js';

/** Modules that listen: a test app takes free ports, so that many can run beside each other. */
const listening: ReadonlySet<string> = new Set(['modules::api::RestApiModule', 'modules::stream::StreamModule', 'modules::console::ConsoleModule']);
const execClass = 'modules::shell::ExecModule';
/** Nothing connects to a test app from outside, and its port would stand in the way of another one's. */
const workerClass = 'modules::worker::WorkerModule';

/** Whose functions a stand-in may take the place of. */
const owners: readonly (readonly [prefix: string, className: string])[] = [
  ['state::', 'modules::state::StateModule'],
  ['stream::', 'modules::stream::StreamModule'],
  ['queue::', 'modules::queue::QueueModule'],
  ['enqueue', 'modules::queue::QueueModule'],
  ['cron::', 'modules::cron::CronModule'],
  ['publish', 'modules::pubsub::PubSubModule'],
];

const classOf = ({ definition }: TestModuleUse): string => (definition as { class?: string }).class ?? '';

/** Modules as a test wrote them, on free ports. */
export function onFreePorts(modules: readonly TestModuleUse[]): TestModuleUse[] {
  return modules.map((use) => (listening.has(classOf(use)) ? { ...use, options: { ...(use.options as object | undefined), port: 0 } } : use));
}

/** The default modules, without those that have no use in a test and those that a stand-in takes the place of. */
export function defaultsFor(modules: readonly TestModuleUse[], standIns: readonly string[]): TestModuleUse[] {
  const replaced = new Set(owners.filter(([prefix]) => standIns.some((id) => (prefix.endsWith('::') ? id.startsWith(prefix) : id === prefix))).map(([, className]) => className));
  return onFreePorts(modules.filter((use) => classOf(use) !== workerClass && !replaced.has(classOf(use))));
}

/** A config.yaml as an object, on free ports, without the commands of its processes: the Steps are given to the test app. */
export function configForTests(config: object): object {
  const { modules } = config as { modules?: readonly { readonly class?: string; readonly config?: object }[] };
  if (!Array.isArray(modules)) return config;
  const kept = (modules as readonly { readonly class?: string; readonly config?: object }[]).filter(({ class: name }) => name !== execClass);
  return { ...config, modules: kept.map((use) => (listening.has(use.class ?? '') ? { ...use, config: { ...use.config, port: 0 } } : use)) };
}
