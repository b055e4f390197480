import type { EngineClient } from '../../electron/cli/engine-client.ts'

/** An engine, as commands use it, that has only these members. */
export const fakeClient = (
  parts: Partial<Omit<EngineClient, 'calls'>> & { readonly calls?: Partial<EngineClient['calls']> },
) => parts as EngineClient
