import { randomUUID } from 'node:crypto'
import type { Environment } from '../platform/environment.ts'
import { createStoredChoices } from '../journal/account-store.ts'
import { openJournal } from '../journal/journal-file.ts'
import { createUploadStore } from '../journal/upload-store.ts'

/** What is kept on the disk. */
export function openJournalServices(folder: string, environment: Environment) {
  const journal = openJournal(folder, environment.now())
  if (journal.setAside)
    environment.log.error('the journal was damaged and set aside', { file: journal.setAside })
  const store = createUploadStore(journal.database, randomUUID(), environment)
  const { database } = journal
  return { journal, database, store, choices: createStoredChoices(database) }
}
