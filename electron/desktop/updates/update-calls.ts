import { readFile } from 'node:fs/promises'
import type { CallHandlers, CallNameIn } from '../../contract/calls.ts'
import { success } from '../../contract/failures.ts'
import type { Updates } from './updates.ts'

export type UpdateCalls = Pick<CallHandlers, CallNameIn<'updates'>>

/** One function for each call about newer versions, and the notices of what is inside. */
export function createUpdateCalls(options: {
  readonly updates: Updates
  /** `out/third-party.txt`, written by the build. */
  readonly noticesFile: string
}): UpdateCalls {
  const { updates, noticesFile } = options
  return {
    update: async () => success(updates.state()),
    checkForUpdate: async () => success(await updates.check()),
    downloadUpdate: async () => success(await updates.download()),
    installUpdate: async () => success(await updates.install()),
    thirdPartyNotices: async () => success(await readFile(noticesFile, 'utf8')),
  }
}
