import type { Engine } from '../../electron/engine/engine.ts'

/** Members of the engine, of which groups of functions such as `calls` may be incomplete. */
type EngineParts = {
  readonly [Name in keyof Engine]?: Engine[Name] extends (...args: never) => unknown
    ? Engine[Name]
    : Partial<Engine[Name]>
}

/** An engine that has only these members. */
export const fakeEngine = (parts: EngineParts) => parts as Engine
