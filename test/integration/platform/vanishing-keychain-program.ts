// Runs in a separate process: stores a secret, ends the keychain in one of three ways, stores another and
// prints the results of both. Usage: `vanishing-keychain-program.ts <folder> lock|kill|killBus`.
import { writeSync } from 'node:fs'
import process from 'node:process'
import { createKeychain, endProcess } from '../../../electron/platform/keychain.ts'
import { createSessionSecretStore } from '../../../electron/desktop/security/secret-store.ts'
import { openKeyring } from '../../support/own-keyring.ts'

const [folder = '', how = ''] = process.argv.slice(2)
const keyring = await openKeyring(folder)
Object.assign(process.env, keyring.environment)
const log = { info() {}, warn() {}, error() {} }
const keychain = createKeychain({ log, limitMs: 10_000 })
const secretStore = createSessionSecretStore({ keychain, log })

await secretStore.set('session a', 'first')
const before = { kept: await keychain.get('session a'), state: secretStore.state() }
if (how === 'lock') await keyring.lock()
else if (how === 'kill') await keyring.kill()
else await keyring.killBus()
const set = await secretStore.set('session a', 'second')
const after = {
  set,
  used: await secretStore.get('session a'),
  state: secretStore.state(),
  again: await secretStore.recheck(),
}
await keyring.end()
writeSync(1, `${JSON.stringify({ before, after })}\n`)
endProcess(0, keychain)
