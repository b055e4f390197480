import { failed, failure, success, type Failure } from '../../contract/failures.ts'
import type { KeychainState } from '../../contract/account.ts'
import type { Log, SecretStore } from '../../platform/environment.ts'
import type { Keychain } from '../../platform/keychain.ts'

export interface SessionSecretStore extends SecretStore, Pick<Keychain, 'isStuck'> {
  /** Whether secrets outlive this session. `ok` until the keychain has refused a call. */
  state(): KeychainState
  /** Tries the keychain again, which may ask the user to unlock it, and moves secrets from memory into it. */
  recheck(): Promise<KeychainState>
  /** The state can change during any call, also in the middle of an upload. */
  onStateChange(listener: () => void): void
}

function stateAfter({ code }: Failure): KeychainState {
  return code === 'keychain-absent' ? 'absent' : 'locked'
}

/**
 * The keychain, with memory as the fallback for this session when there is no keychain or it is locked, so
 * that users without a keychain can still sign in. Secrets are never written to disk instead.
 */
export function createSessionSecretStore(options: {
  readonly keychain: Keychain
  readonly log: Log
}): SessionSecretStore {
  const { keychain, log } = options
  const inMemory = new Map<string, string>()
  const listeners: (() => void)[] = []
  let state: KeychainState = 'ok'

  function setState(next: KeychainState): void {
    if (next === state) return
    state = next
    log.warn('the keychain state changed', { state })
    for (const listener of listeners) listener()
  }

  const get: SecretStore['get'] = async (name) => {
    const stored = inMemory.get(name)
    if (stored !== undefined) return success(stored)
    const answer = await keychain.get(name)
    if (!answer.ok) setState(stateAfter(answer.failure))
    return answer
  }

  /** The state becomes `ok` only when every secret is in the keychain, since then quitting loses none. */
  async function moveMemoryToKeychain(): Promise<void> {
    for (const [name, secret] of inMemory) {
      const moved = await keychain.set(name, secret)
      if (!moved.ok) return setState(stateAfter(moved.failure))
      // The secret may have been replaced in the meantime.
      if (inMemory.get(name) === secret) inMemory.delete(name)
    }
    setState('ok')
  }

  const set: SecretStore['set'] = async (name, secret) => {
    const answer = await keychain.set(name, secret)
    if (answer.ok) {
      inMemory.delete(name)
      await moveMemoryToKeychain()
      return answer
    }
    inMemory.set(name, secret)
    setState(stateAfter(answer.failure))
    return success(undefined)
  }

  async function recheck(): Promise<KeychainState> {
    // This must be a write: a locked keychain may answer reads as if it were empty.
    const answer = await keychain.set('keychain check', 'check')
    if (!answer.ok) {
      setState(stateAfter(answer.failure))
      return state
    }
    await keychain.delete('keychain check')
    await moveMemoryToKeychain()
    return state
  }

  const remove: SecretStore['delete'] = async (name) => {
    const wasInMemory = inMemory.delete(name)
    const answer = await keychain.delete(name)
    if (answer.ok) return answer
    setState(stateAfter(answer.failure))
    // Without a keychain, memory was the only copy. A locked keychain may still hold one, so the failure is
    // returned.
    return wasInMemory && answer.failure.code === 'keychain-absent'
      ? success(undefined)
      : failed(failure(answer.failure.code, {}, { detail: answer.failure.detail }))
  }

  keychain.onRecovered(() => void recheck())

  return {
    get,
    set,
    delete: remove,
    isStuck: () => keychain.isStuck(),
    state: () => state,
    recheck,
    onStateChange: (listener) => void listeners.push(listener),
  }
}
