import process from 'node:process'
import {
  feedSignedAtMs,
  readFeedKeys,
  signatureFileName,
} from '../../electron/desktop/updates/feed-signature.ts'

// `node build/release/check-feed-age.ts URL`: fails if a published feed must be signed again soon, or if the
// app would reject its signature. UPDATE_PUBLIC_KEYS holds the public keys built into the app.

/** Well before GitHub ends scheduled runs, after 60 days without activity in a public repository. */
const renewAfterMs = 30 * 24 * 60 * 60_000
const feedFiles = ['latest.yml', 'latest-mac.yml', 'latest-linux.yml']

const [address = ''] = process.argv.slice(2)
const keys = readFeedKeys(process.env['UPDATE_PUBLIC_KEYS'] ?? '')
const read = async (name: string): Promise<string | null> => {
  const response = await fetch(`${address.replace(/\/*$/, '/')}${name}`)
  if (response.status === 404) return null
  if (!response.ok) throw new Error(`${name}: HTTP ${response.status}`)
  return response.text()
}

for (const feedFile of feedFiles) {
  const text = await read(feedFile)
  if (text === null) {
    console.log(`${feedFile}: not published`)
    continue
  }
  const signatures = (await read(signatureFileName(feedFile))) ?? ''
  const signedAtMs = feedSignedAtMs({ feedFile, text, signatures, keys })
  if (signedAtMs === null) throw new Error(`${feedFile}: no valid signature`)
  const date = new Date(signedAtMs).toISOString()
  if (Date.now() - signedAtMs > renewAfterMs)
    throw new Error(`${feedFile}: signed at ${date}; run this workflow manually from the tag of the release`)
  console.log(`${feedFile}: signed at ${date}`)
}
