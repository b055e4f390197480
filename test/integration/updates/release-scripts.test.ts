import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { feedSignedAtMs, readFeedKeys } from '../../../electron/desktop/updates/feed-signature.ts'
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

test('lists no signature among the checksums, since it is replaced later', async () => {
  for (const name of ['latest.yml', 'latest.yml.sig', 'app.exe']) writeFileSync(join(folder, name), name)
  expect(await run('checksums.ts', folder)).toMatchObject({ code: 0 })
  const sums = readFileSync(join(folder, 'SHA256SUMS'), 'utf8')
  expect(sums.match(/\S+$/gm)).toEqual(['app.exe', 'latest.yml'])
})

test('fails a month before apps would reject the published feed', async () => {
  const release = { version: '1.2.0', content, key }
  feed.publish({ ...release, signedAtMs: Date.now() - 59 * dayMs })
  expect(await run('check-feed-age.ts', feed.url)).toMatchObject({ code: 0 })
  feed.publish({ ...release, signedAtMs: Date.now() - 61 * dayMs })
  const old = await run('check-feed-age.ts', feed.url)
  expect([old.code, old.said]).toEqual([1, expect.stringContaining('run this workflow manually')])
  feed.publish({ ...release, signature: null })
  expect((await run('check-feed-age.ts', feed.url)).code).toBe(1)
})
