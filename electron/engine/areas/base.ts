import { basename } from 'node:path'
import type { HostLock } from '../../host/host-lock.ts'
import { createStoredChoices } from '../../journal/account-store.ts'
import { createHashCache } from '../../journal/hash-cache.ts'
import { openJournal } from '../../journal/journal-file.ts'
import { createUploadStore } from '../../journal/upload-store.ts'
import type { Environment } from '../../platform/environment.ts'
import { createEventHub } from '../../platform/event-hub.ts'
import type { EngineOptions } from '../engine-api.ts'

/** What survives a restart, and what all areas share: events, settings and how far the engine has started or ended. */
export type Base = ReturnType<typeof createBase>

export function createBase({ folder, lock, environment, settings }: EngineOptions) {
  const events = createEventHub()
  const journal = openJournalOrRelease(folder, environment, lock)
  if (journal.damagedFile)
    environment.log.error('the journal was damaged and has been renamed', { file: journal.damagedFile })
  const { database } = journal
  const store = createUploadStore(database, environment)
  const stopping = new AbortController()

  const base = {
    events,
    database,
    timers: environment.timers,
    store,
    choices: createStoredChoices(database, environment),
    hashCache: createHashCache(database, environment),
    journalSetAside: journal.damagedFile && basename(journal.damagedFile),
    settings,
    hasStarted: false,
    /** Whether it runs all uploads of the journal, as the app does. A command's engine runs those it is asked for. */
    runsQueue: false,
    /** Whether uploads of the journal could not be read. */
    isIncomplete: false,
    /** Whether intake and runs have ended. */
    isStopping: false,
    stopping,
    reportUnreadable(error: unknown): void {
      environment.log.error('uploads of the journal could not be read', { error: String(error) })
      base.isIncomplete = true
      events.emit('totalsChanged')
    },
    close(): void {
      store.close()
      database.close()
      lock.release()
    },
  }
  return base
}

function openJournalOrRelease(folder: string, { now }: Environment, lock: HostLock) {
  try {
    return openJournal(folder, now())
  } catch (error) {
    lock.release()
    throw error
  }
}
