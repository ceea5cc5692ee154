import type { EngineTlsFiles } from './connect-engine.js';
import { type EngineAddress, parseEngineAddress } from './engine-address.js';

/** Which engine a process connects to, and how. */
export interface RemoteEngine {
  readonly address: EngineAddress;
  readonly token: string | undefined;
  readonly tls: EngineTlsFiles;
}

/**
 * Reads `III_ENGINE_URL`, `III_ENGINE_TOKEN` and `III_ENGINE_{CA,CERT,KEY}_FILE`. The token is taken out of the environment:
 * programs that user code starts have no use for it.
 * @throws `MOTIA_SDK_ENGINE_URL_INVALID`
 */
export function remoteEngineFrom(env: NodeJS.ProcessEnv): RemoteEngine {
  const address = parseEngineAddress(env['III_ENGINE_URL'] ?? '');
  const token = env['III_ENGINE_TOKEN'] === '' ? undefined : env['III_ENGINE_TOKEN'];
  delete env['III_ENGINE_TOKEN'];
  return { address, token, tls: { ca: env['III_ENGINE_CA_FILE'], cert: env['III_ENGINE_CERT_FILE'], key: env['III_ENGINE_KEY_FILE'] } };
}
