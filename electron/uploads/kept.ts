import { randomUUID } from 'node:crypto'
import type { Ports } from '../contract/ports.ts'
import { createChoices } from './account-book.ts'
import { openJournal } from './journal-file.ts'
import { createStore } from './store.ts'

/** What is kept on the disk. */
export function openKept(folder: string, ports: Ports) {
  const journal = openJournal(folder, ports.now())
  if (journal.setAside) ports.log.error('the journal was damaged and set aside', { file: journal.setAside })
  const store = createStore(journal.database, randomUUID(), ports)
  const { database } = journal
  return { journal, database, store, choices: createChoices(database) }
}
