import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import { createStoredChoices } from '../../journal/account-store.ts'
import { createHashCache } from '../../journal/hash-cache.ts'
import { openJournal } from '../../journal/journal-file.ts'
import { renewRegularly } from '../../journal/process-claims.ts'
import { createUploadStore } from '../../journal/upload-store.ts'
import { createEventHub } from '../../platform/event-hub.ts'
import type { EngineOptions } from '../engine-api.ts'

/** What survives a restart, and what all areas share: events, settings and how far the engine has started or ended. */
export type Base = ReturnType<typeof createBase>

export function createBase({ folder, environment, settings }: EngineOptions) {
  const events = createEventHub()
  const journal = openJournal(folder, environment.now())
  if (journal.damagedFile)
    environment.log.error('the journal was damaged and has been renamed', { file: journal.damagedFile })
  const { database } = journal
  const store = createUploadStore(database, randomUUID(), environment)
  const stopRenewing = renewRegularly(store.renewClaims, environment.timers)
  const stopping = new AbortController()
  events.on('networkChanged', store.renewClaims)

  const base = {
    events,
    database,
    timers: environment.timers,
    store,
    choices: createStoredChoices(database, environment),
    hashCache: createHashCache(database, environment),
    journalSetAside: journal.damagedFile && basename(journal.damagedFile),
    settings,
    /** Whether this process shows the queue and the history, as the app does and a command doesn't. */
    ownsHistory: false,
    /** Whether uploads of the journal could not be read. */
    isIncomplete: false,
    /** Whether intake and runs have ended. */
    isStopping: false,
    /** Resolves when all uploads of earlier processes are shown. */
    queueRestored: Promise.resolve(),
    stopping,
    reportUnreadable(error: unknown): void {
      environment.log.error('uploads of the journal could not be read', { error: String(error) })
      base.isIncomplete = true
      events.emit('totalsChanged')
    },
    close(): void {
      stopRenewing()
      store.close()
      database.close()
    },
  }
  return base
}
