import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { feedSignedAtMs, readFeedKeys, signFeed } from '../../../electron/desktop/updates/feed-signature.ts'
import { projectFolder } from '../../support/temp-project.ts'
import { newSigningKey, publicKeyOf, startUpdateFeed, type UpdateFeed } from '../../support/update-feed.ts'

const key = newSigningKey()
const content = Buffer.from('program')
const dayMs = 24 * 60 * 60_000
let folder = ''
let feed: UpdateFeed

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'modelferry-release-'))
  feed = await startUpdateFeed()
})
afterEach(async () => {
  await feed.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs a script of the release workflow. */
function run(script: string, ...words: readonly string[]): Promise<{ code: number; said: string }> {
  const env = { ...process.env, UPDATE_SIGNING_KEYS: key, UPDATE_PUBLIC_KEYS: publicKeyOf(key) }
  const file = join(projectFolder, 'build/release', script)
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [file, ...words], { env }, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, said: out + err }),
    )
  })
}

test('signs each feed with the current date', async () => {
  const text = 'version: 1.2.0\n'
  for (const name of ['latest.yml', 'latest-mac.yml', 'other.yml']) writeFileSync(join(folder, name), text)
  const beforeMs = Date.now()
  expect(await run('sign-feed.ts', folder)).toMatchObject({ code: 0 })
  const signatures = readFileSync(join(folder, 'latest-mac.yml.sig'), 'utf8')
  const keys = readFeedKeys(publicKeyOf(key))
  const signedAtMs = feedSignedAtMs({ feedFile: 'latest-mac.yml', text, signatures, keys })
  expect(signedAtMs).toBeGreaterThanOrEqual(beforeMs)
  expect(signedAtMs).toBeLessThanOrEqual(Date.now())
})

/** Writes the feed of a release whose signatures are old. Returns when it is signed now, in ms. */
function writeFeed(text: string, signatures: string | null) {
  const feedFile = 'latest.yml'
  writeFileSync(join(folder, feedFile), text)
  if (signatures !== null) writeFileSync(join(folder, `${feedFile}.sig`), signatures)
  return () => {
    const now = readFileSync(join(folder, `${feedFile}.sig`), 'utf8')
    return feedSignedAtMs({ feedFile, text, signatures: now, keys: readFeedKeys(publicKeyOf(key)) })
  }
}
const feedText = 'version: 1.2.0\nfiles: []\n'
const oldSignatures = signFeed({ feedFile: 'latest.yml', text: feedText }, key, Date.now() - 95 * dayMs)

test.each([
  ['dated', oldSignatures],
  ['undated, as up to 0.2.0', oldSignatures.split('\n')[0] ?? ''],
])('renews a feed with a valid signature: %s', async (_which, signatures) => {
  const signedAtMs = writeFeed(feedText, signatures)
  const beforeMs = Date.now()
  expect(await run('sign-feed.ts', folder, '--renew', 'v1.2.0')).toMatchObject({ code: 0 })
  expect(signedAtMs()).toBeGreaterThanOrEqual(beforeMs)
})

const otherKey = newSigningKey()
test.each([
  ['no signature', feedText, null, 'v1.2.0'],
  ['the signature of another text', feedText.replace('[]', '[x]'), oldSignatures, 'v1.2.0'],
  [
    'the signature of another key',
    feedText,
    signFeed({ feedFile: 'latest.yml', text: feedText }, otherKey, Date.now()),
    'v1.2.0',
  ],
  [
    'the signature of another feed',
    feedText,
    signFeed({ feedFile: 'latest-mac.yml', text: feedText }, key, Date.now()),
    'v1.2.0',
  ],
  ['the version of another release', feedText, oldSignatures, 'v1.3.0'],
] as const)('renews no feed with %s', async (_which, text, signatures, tag) => {
  const signedAtMs = writeFeed(text, signatures)
  const before = signatures === null ? null : signedAtMs()
  expect(await run('sign-feed.ts', folder, '--renew', tag)).toMatchObject({ code: 1 })
  if (signatures !== null) expect(signedAtMs()).toBe(before)
})

test('lists no signature among the checksums, since it is replaced later', async () => {
  for (const name of ['latest.yml', 'latest.yml.sig', 'app.exe']) writeFileSync(join(folder, name), name)
  expect(await run('checksums.ts', folder)).toMatchObject({ code: 0 })
  const sums = readFileSync(join(folder, 'SHA256SUMS'), 'utf8')
  expect(sums.match(/\S+$/gm)).toEqual(['app.exe', 'latest.yml'])
})

test('fails 30 days after a feed was signed, before GitHub ends scheduled runs', async () => {
  const release = { version: '1.2.0', content, key }
  feed.publish({ ...release, signedAtMs: Date.now() - 29 * dayMs })
  expect(await run('check-feed-age.ts', feed.url)).toMatchObject({ code: 0 })
  feed.publish({ ...release, signedAtMs: Date.now() - 31 * dayMs })
  const old = await run('check-feed-age.ts', feed.url)
  expect([old.code, old.said]).toEqual([1, expect.stringContaining('run this workflow manually')])
  feed.publish({ ...release, signature: null })
  expect((await run('check-feed-age.ts', feed.url)).code).toBe(1)
})
