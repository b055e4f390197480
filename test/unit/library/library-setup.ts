import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { fixedSigner } from '../../../electron/accounts/signers.ts'
import { login } from '../../../electron/cloud/auth.ts'
import { createCloudClient } from '../../../electron/cloud/client.ts'
import { deleteModel, updateModel } from '../../../electron/cloud/models.ts'
import type { Account } from '../../../electron/contract/account.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { LibraryChange, LibraryListing } from '../../../electron/contract/library.ts'
import { createLibrary } from '../../../electron/library/library.ts'
import { ALICE, ALICES_TEAM_ID, BOB } from '../../cloud/accounts.ts'
import { startCloud } from '../../cloud/cloud.ts'
import { valueOf } from '../../support/engine.ts'
import { createTestEnvironment, runningClock, type HandClock } from '../../support/hand-clock.ts'

export const home = { accountId: 'alice', teamId: ALICES_TEAM_ID }

/** A library of Alice's teams on a cloud of its own. */
export async function setupLibrary(clock: HandClock = runningClock()) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-library-'))
  const environment = createTestEnvironment(clock)
  const cloud = await startCloud({ now: clock.now })
  const client = createCloudClient(cloud.url, environment)
  const signIn = async () => valueOf(await login(client, ALICE.email, ALICE.password)).access_token
  const tokens = { current: await signIn() }
  const state = {
    isHere: true,
    hasStoredSignIn: true,
    isSignedOut: true,
    /** Why it can't be found out whether an account is signed out. */
    error: null as Error | null,
  }
  const accountOf = (id: string, personId = ALICE.id): Account => ({
    id,
    kind: 'session',
    server: cloud.url,
    personId,
    name: '',
    email: '',
    teams: [],
    state: 'ready',
  })
  const deleted: string[] = []
  const signedOut: string[] = []
  const open = () =>
    createLibrary({
      folder: join(folder, 'libraries'),
      onDeleted: (id) => void deleted.push(id),
      onSignedOut: (id) => void signedOut.push(id),
      accounts: {
        list: () => [accountOf('alice'), accountOf('alice again'), accountOf('bob', BOB.id)],
        hasStoredSignIn: () => state.hasStoredSignIn,
        async isSignedOut() {
          if (state.error) throw state.error
          return state.isSignedOut
        },
        accessFor: (_accountId, teamId) =>
          state.isHere
            ? success({
                client,
                kind: 'session',
                signer: fixedSigner({ kind: 'session', token: tokens.current, teamId }),
              })
            : failed(failure('signed-out')),
      },
      environment,
    })
  const library = open()
  onTestFinished(async () => {
    await library.close()
    rmSync(folder, { recursive: true })
    await cloud.close()
  })
  const signer = fixedSigner({ kind: 'session', token: tokens.current, teamId: ALICES_TEAM_ID })
  const { signal } = new AbortController()
  const lists = () => cloud.operations.filter(({ name }) => name === 'listModels').length
  const add = (name: string, given = {}) =>
    cloud.addModel(ALICES_TEAM_ID, { model_path: `models/loras/${name}.safetensors`, ...given })
  const addMany = (count: number, prefix = 'lora') => {
    for (let index = 0; index < count; index += 1) add(`${prefix}-${index}`)
  }
  return {
    clock,
    cloud,
    library,
    alice: accountOf('alice'),
    lists,
    deleted,
    signedOut,
    add,
    addMany,
    state,
    reopen: open,
    /** Files of listings that are kept for the next start. */
    stored: () => readdirSync(join(folder, 'libraries')),
    signInAgain: async () => void (tokens.current = await signIn()),
    deleteAsOther: async (id: string) => valueOf(await deleteModel(client, signer, id, signal)),
    changeAsOther: async (id: string, change: LibraryChange) =>
      valueOf(await updateModel(client, signer, { id, change }, signal)),
  }
}

export const names = (listing: Result<LibraryListing>) =>
  valueOf(listing)
    .models.map(({ displayName }) => displayName)
    .sort()
