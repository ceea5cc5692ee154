/** Checks of the repository as a whole; each returns one sentence per fault. */
import { fileURLToPath } from 'node:url';
import { checkCommittedFiles, checkMachinePaths } from './committed-files.mjs';
import { checkFileSizes } from './file-sizes.mjs';
import { checkLockfile } from './lockfile.mjs';
import { checkManifests } from './manifests.mjs';
import { checkSecurityFloors } from './security-floors.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const checks = {
  'own packages come from the workspace, never from a registry': checkLockfile,
  'what reads requests is newer than its known faults': checkSecurityFloors,
  'package.json files follow one shape': checkManifests,
  'source files stay small': checkFileSizes,
  'nothing generated is committed': checkCommittedFiles,
  'no path or host of one machine is committed': checkMachinePaths,
};

for (const [title, check] of Object.entries(checks)) {
  const faults = check(root);
  console.log(`${faults.length === 0 ? 'ok  ' : 'FAIL'} ${title}`);
  for (const fault of faults) console.log(`       ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}
