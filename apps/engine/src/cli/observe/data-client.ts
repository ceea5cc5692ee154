import { connectControl, type ControlClient } from '../../control/control-client.js';
import { dataFunctionId } from '../../control/data-function.js';

export interface DataClient {
  get<T>(path: string, query?: Readonly<Record<string, string | number | boolean | undefined>>, timeoutMs?: number): Promise<T>;
  /** A change; its trace begins with what it causes, and does not show this asking. */
  post<T>(path: string, body: object, timeoutMs?: number): Promise<T>;
  close(): void;
}

/** Asks the data API of the running engine over its local socket. @throws `MOTIA_ENGINE_NOT_RUNNING` */
export async function connectData(address: string, subject: string): Promise<DataClient> {
  const client: ControlClient = await connectControl(address, subject);
  return {
    async get<T>(path: string, query: Readonly<Record<string, unknown>> = {}, timeoutMs = 30_000) {
      const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
      return (await client.look(dataFunctionId, { path, query: given }, timeoutMs)) as T;
    },
    post: async <T>(path: string, body: object, timeoutMs = 30_000) => (await client.look(dataFunctionId, { method: 'POST', path, body }, timeoutMs)) as T,
    close: () => client.close(),
  };
}
