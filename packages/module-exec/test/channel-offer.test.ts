import { describe, expect, it } from '@jest/globals';
import { takesChannel } from '../src/channel-offer.js';
import { parseCommand } from '../src/command.js';

describe('the protocol on fds of its own', () => {
  it.each([
    'motia start', '  motia   dev ', './node_modules/.bin/motia start', 'motia dev --external pg', 'node dist/index-production.js', 'node ./dist/index-dev.js', '/usr/bin/node /app/dist/index-production.mjs --flag',
    '/usr/bin/node /app/node_modules/motia/dist/bin/motia.js start', "'/opt/my node/bin/node' '/a b/motia-sdk/dist/bin/motia.js' dev",
  ].map((entry) => [entry]))('is offered to %j', (entry) => {
    expect(takesChannel(parseCommand(entry))).toBe(true);
  });

  it('is offered to commands that are no text for a shell', () => {
    expect(takesChannel(parseCommand(['motia', 'start']))).toBe(true);
    expect(takesChannel(parseCommand(['/usr/bin/node', '/a b/dist/index-dev.js']))).toBe(true);
    expect(takesChannel(parseCommand(['npx', 'motia', 'start']))).toBe(false);
    expect(takesChannel(parseCommand(['motia', 'build']))).toBe(false);
  });

  it.each([
    'npx motia start', 'npm run start', 'motia build', 'motia', 'motia start; true', 'motia dev && echo ok', 'motia dev | tee log', 'motia start > log', 'motia start &', 'X=1 motia start', '(motia start)', 'motia $MODE', '`motia start`',
    'node server.js', 'node --inspect dist/index-dev.js', 'node dist/index-dev.js.map', 'python main.py', "motia 'start", 'my-motia start', 'sh -c "motia start"', '', 'motia start\nmotia dev',
  ].map((entry) => [entry]))('is not offered to %j, which may lose it or read its stdin', (entry) => {
    expect(takesChannel(parseCommand(entry))).toBe(false);
  });
});
