import { NoLocksError } from '../host/host-lock.ts'
import { journalProblemOf, type JournalProblem } from '../journal/journal-file.ts'

/** Why the data folder can't be used, with the next step. */
export function describeDataFolderProblem(error: unknown, home: string): string {
  if (error instanceof NoLocksError)
    return `The file system of the data folder ${home} can’t lock files. Set MODELFERRY_HOME to a folder on a local disk.`
  const detail = error instanceof Error ? error.message : String(error)
  return `${dataFolderProblems[journalProblemOf(error)](home)} (${detail})`
}

const dataFolderProblems: Readonly<Record<JournalProblem, (home: string) => string>> = {
  'older-running': () => 'An older version of Modelferry is running. Quit it, then run the command again.',
  newer: () => 'The upload queue was last used by a newer version of Modelferry. Update this version.',
  full: (home) =>
    `The disk of the data folder ${home} is full. Free up some space, then run the command again.`,
  'not-writable': (home) =>
    `The data folder ${home} isn’t writable. Change its permissions, or set MODELFERRY_HOME to another folder.`,
  'other-owner': (home) =>
    `The data folder ${home} or a file in it belongs to another user. Set MODELFERRY_HOME to a folder of your own.`,
  other: (home) => `The data folder ${home} can’t be opened.`,
}
