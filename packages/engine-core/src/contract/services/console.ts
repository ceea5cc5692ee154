import { defineRef } from '../ref.js';

/** The console of the engine, for banners and tools. */
export interface ConsoleService {
  /** Where it listens; undefined before start. */
  address(): { readonly host: string; readonly port: number } | undefined;
  /** What a person opens: the address with the token in its fragment, which no server sees. Undefined before start. */
  url(): string | undefined;
}
export const ConsoleServiceRef = defineRef<ConsoleService>('console.service');
