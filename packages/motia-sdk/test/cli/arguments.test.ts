import { describe, expect, it } from '@jest/globals';
import { parseCommand } from '../../src/cli/arguments.js';

describe('parseCommand', () => {
  it.each([
    [[], { name: 'help', topic: undefined }],
    [['--help'], { name: 'help', topic: undefined }],
    [['help', 'dev'], { name: 'help', topic: 'dev' }],
    [['build', '--help'], { name: 'help', topic: 'build' }],
    [['--version'], { name: 'version' }],
    [['dev'], { name: 'dev', config: undefined, external: [] }],
    [['dev', '-c', 'x.yaml', '-e', 'a', '--external', 'b'], { name: 'dev', config: 'x.yaml', external: ['a', 'b'] }],
    [['generate-types'], { name: 'generate-types', output: undefined, check: false }],
    [['generate-types', '--check', '-o', 'types/app.d.ts'], { name: 'generate-types', output: 'types/app.d.ts', check: true }],
    [['help', 'generate-types'], { name: 'help', topic: 'generate-types' }],
    [['build', '-e', 'ws'], { name: 'build', external: ['ws'] }],
    [['start', '--config=y.yaml'], { name: 'start', config: 'y.yaml', engine: undefined }],
    [['start', '--engine', 'tcp://engine:49134'], { name: 'start', config: undefined, engine: 'tcp://engine:49134' }],
  ])('reads %j', (args, command) => {
    expect(parseCommand(args)).toEqual(command);
  });

  it.each([
    [['start', '-c', 'x.yaml', '--engine', 'tcp://a'], 'give one of them'],
    [['dev', '--engine', 'tcp://a'], "Unknown option '--engine'"],
    [['devv'], 'Unknown command: devv (there are dev, build, start, generate-types)'],
    [['generate-types', '--output='], '--output needs the name of a file'],
    [['generate-types', 'x'], "Unexpected argument 'x'"],
    [['--watch'], 'Unknown option: --watch'],
    [['dev', '--nope'], "motia dev: Unknown option '--nope'"],
    [['build', 'extra'], "motia build: Unexpected argument 'extra'"],
    [['dev', '--config'], "motia dev: Option '-c, --config <value>' argument missing"],
  ])('says what is wrong with %j', (args, problem) => {
    const command = parseCommand(args);
    expect(command).toEqual({ name: 'invalid', problem: expect.stringContaining(problem) });
  });
});
