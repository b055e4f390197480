import { failed, failure, success, type FailureCode } from '../../electron/contract/failures.ts'
import type { SecretStore } from '../../electron/platform/environment.ts'

export interface MemorySecretStore extends SecretStore {
  /** The stored secrets by name. */
  readonly entries: Map<string, string>
  /** The calls so far, such as `set session cloud alice`. */
  readonly calls: readonly string[]
  /** Makes every call return this failure; null ends that. */
  failWith(code: FailureCode | null): void
  /** Runs before each call. */
  beforeCall: (call: string) => Promise<void> | void
}

/** An in-memory secret store. With `answersLater` a call takes effect some time later, as in a keychain. */
export function createMemorySecretStore({ answersLater = false } = {}): MemorySecretStore {
  const entries = new Map<string, string>()
  const calls: string[] = []
  let failureCode: FailureCode | null = null

  async function answer<T>(call: string, work: () => T) {
    calls.push(call)
    await store.beforeCall(call)
    const code = failureCode
    if (answersLater) await new Promise(setImmediate)
    return code ? failed(failure(code)) : success(work())
  }

  const store: MemorySecretStore = {
    entries,
    calls,
    beforeCall: () => {},
    get: (name) => answer(`get ${name}`, () => entries.get(name) ?? null),
    set: (name, secret) => answer(`set ${name}`, () => void entries.set(name, secret)),
    delete: (name) => answer(`delete ${name}`, () => void entries.delete(name)),
    failWith(code) {
      failureCode = code
    },
  }
  return store
}
