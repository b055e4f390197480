import { failed, failure, success, type FailureCode } from '../../electron/contract/failures.ts'
import type { SecretStore } from '../../electron/platform/environment.ts'

export interface MemoryVault extends SecretStore {
  /** What is kept, by name. */
  readonly kept: Map<string, string>
  /** The calls so far, such as `set session cloud alice`. */
  readonly calls: readonly string[]
  /** From now on every call answers with this failure; null ends that. */
  breakWith(code: FailureCode | null): void
  /** Runs before each call, to stop it or to look at what has happened until then. */
  before: (call: string) => Promise<void> | void
}

/** A keychain in memory. */
export function memoryVault(): MemoryVault {
  const kept = new Map<string, string>()
  const calls: string[] = []
  let trouble: FailureCode | null = null

  async function answer<T>(call: string, work: () => T) {
    calls.push(call)
    await vault.before(call)
    return trouble ? failed(failure(trouble)) : success(work())
  }

  const vault: MemoryVault = {
    kept,
    calls,
    before: () => {},
    get: (name) => answer(`get ${name}`, () => kept.get(name) ?? null),
    set: (name, secret) => answer(`set ${name}`, () => void kept.set(name, secret)),
    delete: (name) => answer(`delete ${name}`, () => void kept.delete(name)),
    breakWith(code) {
      trouble = code
    },
  }
  return vault
}
