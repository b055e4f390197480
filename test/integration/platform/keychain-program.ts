// Runs in a separate session: reads steps as JSON, runs them on the real keychain, prints the results and
// ends.
import { writeSync } from 'node:fs'
import process from 'node:process'
import { createKeychain, endProcess } from '../../../electron/platform/keychain.ts'
import type { Step } from './keyring-session.ts'

const [steps, limitMs] = JSON.parse(process.argv[2] ?? '[]') as [Step[], number]
const keychain = createKeychain({ log: { info() {}, warn() {}, error() {} }, limitMs })

const answers: unknown[] = []
for (const [what, name, secret = ''] of steps) {
  if (what === 'set') answers.push(await keychain.set(name, secret))
  else answers.push(await keychain[what](name))
}
writeSync(1, `${JSON.stringify({ answers, stuck: keychain.isStuck() })}\n`)
endProcess(0, keychain)
