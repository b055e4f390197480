import { failed, failure, success, type Failure } from '../../contract/failures.ts'
import type { KeychainState } from '../../contract/account.ts'
import type { Log, SecretStore } from '../../platform/environment.ts'
import type { Keychain } from '../../platform/keychain.ts'

export interface SessionVault extends Keychain {
  /** Whether secrets outlive this session. `ok` until the keychain has said otherwise. */
  state(): KeychainState
  /** Asks the keychain again, which may ask the person to unlock it, and moves what memory holds into it. */
  recheck(): Promise<KeychainState>
}

function stateAfter({ code }: Failure): KeychainState {
  return code === 'keychain-absent' ? 'absent' : 'locked'
}

/**
 * The keychain, and memory for this session only where there is none or it is locked: a person without a keychain can sign
 * in and is told that it lasts until quitting. Nothing is ever written to the disk in its stead.
 */
export function createSessionVault(options: {
  readonly keychain: Keychain
  readonly log: Log
  /** The state has changed, perhaps in the middle of an upload: the person is to be told. */
  readonly turned?: () => void
}): SessionVault {
  const { keychain, log, turned = () => {} } = options
  const inMemory = new Map<string, string>()
  let state: KeychainState = 'ok'

  function become(next: KeychainState): void {
    if (next === state) return
    state = next
    log.warn('the keychain changed its state', { state })
    turned()
  }

  const get: SecretStore['get'] = async (name) => {
    const held = inMemory.get(name)
    if (held !== undefined) return success(held)
    const answer = await keychain.get(name)
    if (!answer.ok) become(stateAfter(answer.failure))
    return answer
  }

  /** A keychain that takes secrets gets those that memory holds: only then is it true that nothing is lost on quitting. */
  async function moveRest(): Promise<void> {
    for (const [name, secret] of inMemory) {
      const moved = await keychain.set(name, secret)
      if (!moved.ok) return become(stateAfter(moved.failure))
      // A newer one may have come meanwhile.
      if (inMemory.get(name) === secret) inMemory.delete(name)
    }
    become('ok')
  }

  const set: SecretStore['set'] = async (name, secret) => {
    const answer = await keychain.set(name, secret)
    if (answer.ok) {
      inMemory.delete(name)
      await moveRest()
      return answer
    }
    inMemory.set(name, secret)
    become(stateAfter(answer.failure))
    return success(undefined)
  }

  async function recheck(): Promise<KeychainState> {
    // Only a write tells: a locked keychain may answer a read as if it were empty.
    const answer = await keychain.set('keychain check', 'check')
    if (!answer.ok) {
      become(stateAfter(answer.failure))
      return state
    }
    await keychain.delete('keychain check')
    await moveRest()
    return state
  }

  const remove: SecretStore['delete'] = async (name) => {
    const wasHeld = inMemory.delete(name)
    const answer = await keychain.delete(name)
    if (answer.ok) return answer
    become(stateAfter(answer.failure))
    // Without a keychain memory was the only place; a locked one may still hold the secret, which must be said.
    return wasHeld && answer.failure.code === 'keychain-absent'
      ? success(undefined)
      : failed(failure(answer.failure.code, {}, { detail: answer.failure.detail }))
  }

  return { get, set, delete: remove, isStuck: () => keychain.isStuck(), state: () => state, recheck }
}
