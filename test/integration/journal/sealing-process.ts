import { openJournal } from '../../../electron/journal/journal-file.ts'
import type { Account } from '../../../electron/contract/account.ts'
import { createSealedAccounts } from '../../../electron/journal/sealing/sealed-accounts.ts'
import { createEnvironment } from '../../../electron/platform/system-environment.ts'

// Seals or unseals a journal in its own process, to be killed: `sealing-process <data folder> seal|unseal <account>
// <seal>`. Prints a line after each step.

const [folder = '', how, account = '', seal = ''] = process.argv.slice(2)
const log = { info: () => {}, warn: () => {}, error: console.error }
const { database } = openJournal(folder, 0)
const sealed = createSealedAccounts(
  database,
  createEnvironment(log, async () => []),
  folder,
)
const key = JSON.parse(seal) as { readonly id: string; readonly key: string }
const user = { account: JSON.parse(account) as Account, hasOtherUsers: false }

function step(): boolean {
  if (how === 'seal') {
    const sealedNow = sealed.sealNext(user, key)
    return sealedNow.ok && sealedNow.value === 'more'
  }
  const part = sealed.unsealNext(key, 0)
  return part.ok && part.value !== null
}

while (step()) process.stdout.write('step\n')
process.stdout.write('end\n')
