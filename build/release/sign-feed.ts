import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import {
  feedSignedAtMs,
  publicKeyOf,
  readFeedKeys,
  signatureFileName,
  signFeed,
} from '../../electron/desktop/updates/feed-signature.ts'

// `node build/release/sign-feed.ts FOLDER`: writes a signature next to each latest*.yml. UPDATE_SIGNING_KEYS
// holds one or more private keys (PEM, Ed25519), UPDATE_PUBLIC_KEYS the public keys built into the app. Fails
// if the app would reject the signature.

const [folder = 'dist'] = process.argv.slice(2)
const privateKeys =
  (process.env['UPDATE_SIGNING_KEYS'] ?? '').match(/-----BEGIN[^]+?-----END[^-]+-----/g) ?? []
if (privateKeys.length === 0) throw new Error('UPDATE_SIGNING_KEYS holds no private key')
const builtIn = readFeedKeys(process.env['UPDATE_PUBLIC_KEYS'] ?? '')
const feeds = readdirSync(folder).filter((name) => /^latest.*\.yml$/.test(name))
if (feeds.length === 0) throw new Error(`no latest*.yml in ${folder}`)

for (const key of privateKeys) console.log(`signing with ${publicKeyOf(key)}`)
for (const feedFile of feeds) {
  const text = readFileSync(join(folder, feedFile), 'utf8')
  const signatures = privateKeys.map((key) => signFeed({ feedFile, text }, key, Date.now())).join('\n')
  if (feedSignedAtMs({ feedFile, text, signatures, keys: builtIn }) === null)
    throw new Error(`the app that was built would refuse ${feedFile}: none of its keys made these signatures`)
  writeFileSync(join(folder, signatureFileName(feedFile)), `${signatures}\n`)
  console.log(`signed ${feedFile}`)
}
