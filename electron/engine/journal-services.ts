import { randomUUID } from 'node:crypto'
import type { Ports } from '../platform/environment.ts'
import { createChoices } from '../journal/account-store.ts'
import { openJournal } from '../journal/journal-file.ts'
import { createStore } from '../journal/upload-store.ts'

/** What is kept on the disk. */
export function openKept(folder: string, ports: Ports) {
  const journal = openJournal(folder, ports.now())
  if (journal.setAside) ports.log.error('the journal was damaged and set aside', { file: journal.setAside })
  const store = createStore(journal.database, randomUUID(), ports)
  const { database } = journal
  return { journal, database, store, choices: createChoices(database) }
}
