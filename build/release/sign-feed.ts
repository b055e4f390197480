import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import {
  feedSignedAtMs,
  isFeedSigned,
  publicKeyOf,
  readFeedKeys,
  signatureFileName,
  signFeed,
} from '../../electron/desktop/updates/feed-signature.ts'

// `node build/release/sign-feed.ts FOLDER [--renew TAG]`: writes a signature next to each latest*.yml.
// UPDATE_SIGNING_KEYS holds one or more private keys (PEM, Ed25519), UPDATE_PUBLIC_KEYS the public keys built
// into the app. Fails if the app would reject the signature. With --renew, a feed must have a valid signature
// and the version of the tag: the files of a release can be replaced without access to the keys.

const { values, positionals } = parseArgs({
  options: { renew: { type: 'string' } },
  allowPositionals: true,
})
const { renew: tag } = values
const [folder = 'dist'] = positionals
const privateKeys =
  (process.env['UPDATE_SIGNING_KEYS'] ?? '').match(/-----BEGIN[^]+?-----END[^-]+-----/g) ?? []
if (privateKeys.length === 0) throw new Error('UPDATE_SIGNING_KEYS holds no private key')
const builtIn = readFeedKeys(process.env['UPDATE_PUBLIC_KEYS'] ?? '')
const feeds = readdirSync(folder).filter((name) => /^latest.*\.yml$/.test(name))
if (feeds.length === 0) throw new Error(`no latest*.yml in ${folder}`)

/** @throws if the feed isn't the one that was signed for the tag's release */
function checkPresentSignature(feedFile: string, text: string, releaseTag: string): void {
  const signatures = readFileSync(join(folder, signatureFileName(feedFile)), 'utf8')
  if (!isFeedSigned({ feedFile, text, signatures, keys: builtIn }))
    throw new Error(`${feedFile}: its present signature is not valid`)
  const version = /^version: *['"]?([^\s'"]+)/m.exec(text)?.[1]
  if (version !== releaseTag.replace(/^v/, ''))
    throw new Error(`${feedFile}: version ${version} is not the version of ${releaseTag}`)
}

for (const key of privateKeys) console.log(`signing with ${publicKeyOf(key)}`)
for (const feedFile of feeds) {
  const text = readFileSync(join(folder, feedFile), 'utf8')
  if (tag !== undefined) checkPresentSignature(feedFile, text, tag)
  const signatures = privateKeys.map((key) => signFeed({ feedFile, text }, key, Date.now())).join('\n')
  if (feedSignedAtMs({ feedFile, text, signatures, keys: builtIn }) === null)
    throw new Error(`the app that was built would refuse ${feedFile}: none of its keys made these signatures`)
  writeFileSync(join(folder, signatureFileName(feedFile)), `${signatures}\n`)
  console.log(`signed ${feedFile}`)
}
