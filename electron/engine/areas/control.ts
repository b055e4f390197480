import { isAccountIdOf, type Account } from '../../contract/account.ts'
import { createTypeCorrections } from '../../intake/type-corrections.ts'
import { createUndoHistory } from '../../intake/undo-history.ts'
import type { UploadRecord } from '../../journal/upload-record.ts'
import type { Environment } from '../../platform/environment.ts'
import { UploadCommands } from '../commands.ts'
import type { Base } from './base.ts'
import type { People } from './people.ts'
import type { Sending } from './sending.ts'
import type { Uploads } from './uploads.ts'

/** What users do to uploads, and what happens to these when their users come and go. */
export type Control = ReturnType<typeof createControl>

export function createControl(
  { now }: Environment,
  areas: {
    readonly base: Base
    readonly people: People
    readonly uploads: Uploads
    readonly sending: Sending
  },
) {
  const { base, people } = areas
  const { events, store, choices } = base
  const { rows, inspect, library, uploadAccounts } = areas.uploads
  const { queue, forget } = areas.sending
  const corrections = createTypeCorrections({ choices, rows })
  const undo = createUndoHistory()
  const commands = new UploadCommands({
    rows,
    queue,
    inspect,
    forget,
    onAbandoned: () => events.emit('abandoned'),
    onTypesEdited: corrections.remember,
    undo,
    find: store.find,
    rejected: (ids) => events.emit('rejected', ids),
    now,
    stopping: base.stopping.signal,
  })

  const hasAccountBesides = (lostId: string | null) => (record: UploadRecord) => {
    const account = uploadAccounts.accountFor(record)
    return account !== null && account.id !== lostId
  }
  function resumeWaiting(lostId: string | null): void {
    library.forgetFailures()
    commands.resumeWaiting(hasAccountBesides(lostId))
    areas.sending.tidy()
  }
  /** Drops what is kept in memory of uploads whose users have signed out, and stops them. */
  async function release(departed: readonly Account[]): Promise<void> {
    const remainingIds = new Set(people.accountStore.list().map(({ id }) => id))
    for (const { id } of departed) remainingIds.delete(id)
    // Also uploads with a token of the same user, which are no accounts of this computer.
    const isOfThem = (accountId: string) =>
      !remainingIds.has(accountId) &&
      departed.some((account) => account.id === accountId || isAccountIdOf(account, accountId))
    for (const account of departed) {
      await commands.suspendAccount(account.id)
      await library.forget(account)
    }
    const ids = rows.ids().filter((id) => isOfThem(rows.get(id)?.record.accountId ?? ''))
    await queue.remove(ids)
    store.logs.flush()
    ids.forEach(forget)
    rows.forget(ids)
    undo.forgetAccounts(isOfThem)
    events.emit('departed', isOfThem)
  }

  events.on('signedOut', (accountId) => commands.refuseWaiting(accountId, hasAccountBesides(accountId)))
  events.on('accountsChanged', resumeWaiting)
  events.on('departing', (departed, until) => until(release(departed)))

  return { corrections, undo, commands, resumeWaiting }
}
