import { writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { locateFailure } from '../../src/preamble/locate-failure.js';

function failing(message: string, stack: string): Error {
  return Object.assign(new Error(message), { stack });
}

describe('locateFailure', () => {
  it('names the innermost frame of the sources of the app, past packages, Node and the bundle itself', async () => {
    await using folder = temporaryFolder('locate');
    writeFileSync(folder.file('a.ts'), 'one\n  two();\n');
    const stack = ['Error: boom', `    at deep (${folder.file('node_modules/x/index.js')}:9:9)`, `    at file://${folder.file('dist/dev/chunk.js')}:1:1`, `    at async f (${folder.file('a.ts')}:2:3)`, `    at ${folder.file('b.ts')}:7:7`, '    at node:internal/x:1:1'];
    expect(locateFailure(failing('boom', stack.join('\n')), 'steps/s.step.ts', folder.path)).toEqual({ file: 'a.ts', line: 2, column: 3, cause: 'Error: boom', lineText: '  two();' });
  });

  it('reads the place of a SyntaxError from the line above it, with or without a file URL', () => {
    const error = (place: string): Error => Object.assign(new SyntaxError('bad'), { stack: `${place}:12\nx y z\n  ^\nSyntaxError: bad\n    at node:internal/x:1:1` });
    expect(locateFailure(error('/app/steps/a.step.ts'), 'f', '/app')).toEqual({ file: 'steps/a.step.ts', line: 12, cause: 'SyntaxError: bad' });
    expect(locateFailure(error('file:///elsewhere/pkg/index.js'), 'f', '/app')).toEqual({ file: '/elsewhere/pkg/index.js', line: 12, cause: 'SyntaxError: bad' });
  });

  it('falls back to the file that was imported', () => {
    expect(locateFailure(failing('boom', 'Error: boom\n    at node:internal/x:1:1'), 'steps/s.step.ts', '/app')).toEqual({ file: 'steps/s.step.ts', cause: 'Error: boom' });
    expect(locateFailure('text', 'steps/s.step.ts', '/app')).toEqual({ file: 'steps/s.step.ts', cause: 'threw text' });
    expect(locateFailure(Object.assign(new Error('x'), { stack: undefined }), 'steps/s.step.ts', '/app')).toEqual({ file: 'steps/s.step.ts', cause: 'Error: x' });
  });
});
