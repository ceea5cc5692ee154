import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Versions below which known faults lie that a stranger's request could reach: reliability rules of this project, §4.9. */
const floors = { 'path-to-regexp': '8.4.0', qs: '6.14.2', 'body-parser': '2.0.0', ws: '8.17.1', 'socket.io-parser': '4.2.4' };
/** What only the benchmarks run, as a peer to be compared with. */
const peers = ['node_modules/moleculer-web/'];

/** Stands in for `npm audit`, which asks a service that is not everywhere: whoever has it should run it too. */
export function checkSecurityFloors(root) {
  return securityFaults(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages);
}

export function securityFaults(packages) {
  return Object.entries(packages).flatMap(([path, { version }]) => {
    const floor = floors[path.split('node_modules/').at(-1)];
    if (floor === undefined || version === undefined || peers.some((peer) => path.startsWith(peer)) || !isOlder(version, floor)) return [];
    return [`package-lock.json: ${path} is ${version}; it must be ${floor} or newer, for older ones have known faults`];
  });
}

function isOlder(version, floor) {
  const [own, least] = [version, floor].map((text) => text.split('-')[0].split('.').map(Number));
  const at = own.findIndex((part, index) => part !== least[index]);
  return at !== -1 && own[at] < least[at];
}
