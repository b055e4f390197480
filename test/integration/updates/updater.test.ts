import { ElectronHttpExecutor } from 'electron-updater/out/electronHttpExecutor.js'
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { request, type IncomingMessage, type RequestOptions } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { readFeedKeys } from '../../../electron/desktop/updates/feed-signature.ts'
import type { Timers } from '../../../electron/platform/environment.ts'
import { realTimers } from '../../../electron/platform/system-environment.ts'
import { updateFailure } from '../../../electron/desktop/updates/update-errors.ts'
import { loadUpdater } from '../../../electron/desktop/updates/updater.ts'
import type { Updater } from '../../../electron/desktop/updates/update-controller.ts'
import { standingClock } from '../../support/hand-clock.ts'
import {
  newSigningKey,
  publicKeyOf,
  startUpdateFeed,
  type Release,
  type UpdateFeed,
} from '../../support/update-feed.ts'

// The real electron-updater, on Linux, with a feed on this computer; only Electron's `app` and its requests
// are replaced by Node's.

class NodeRequests extends ElectronHttpExecutor {
  override createRequest(options: RequestOptions, callback: (response: IncomingMessage) => void) {
    // The members that Electron's requests have beyond Node's are not used. One connection per request:
    // electron-updater adds a listener to the socket of each request, which Electron's requests do not have.
    return request({ ...options, agent: false }, callback) as unknown as ReturnType<
      ElectronHttpExecutor['createRequest']
    >
  }
}

const key = newSigningKey()
const quiet = { info: () => {}, warn: () => {}, error: () => {} }
let folder = ''
let program = ''
let feed: UpdateFeed
let quits = 0
const nowMs = Date.parse('2026-11-26T12:00:00.000Z')
const dayMs = 24 * 60 * 60_000

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'modelferry-update-'))
  program = join(folder, 'Modelferry.AppImage')
  writeFileSync(program, '#!/bin/sh\necho old\n', { mode: 0o755 })
  vi.stubEnv('APPIMAGE', program)
  vi.stubEnv('APPDIR', dirname(process.execPath))
  feed = await startUpdateFeed()
  quits = 0
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await feed.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The new version: a program that writes its arguments to a file. */
const contentOf = () =>
  Buffer.from(
    `#!/bin/sh\nprintf '%s' "new $*" > '${folder}/started.part'\nmv '${folder}/started.part' '${folder}/started'\n`,
  )
const release = (change: Partial<Release> = {}): Release => ({
  version: '1.1.0',
  content: contentOf(),
  key,
  signedAtMs: nowMs,
  ...change,
})

async function openUpdater(
  version = '1.0.0',
  keys = publicKeyOf(key),
  timers: Timers = realTimers,
): Promise<Updater> {
  const configFile = join(folder, 'app-update.json')
  writeFileSync(
    configFile,
    JSON.stringify({ provider: 'generic', url: feed.url, updaterCacheDirName: 'cache' }),
  )
  return loadUpdater({
    feed: feed.url,
    keys: readFeedKeys(keys),
    configFile,
    timers,
    now: () => nowMs,
    log: quiet,
    restartArguments: () => ['--hidden'],
    quit: () => (quits += 1),
    testHost: {
      executor: new NodeRequests(),
      adapter: {
        version,
        name: 'Modelferry',
        isPackaged: true,
        appUpdateConfigPath: configFile,
        userDataPath: folder,
        baseCachePath: folder,
        whenReady: () => Promise.resolve(),
        relaunch: () => {},
        quit: () => {},
        onQuit: () => {},
      },
    },
  })
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no failure',
    (error: unknown) => updateFailure(error).code,
  )
const programNow = () => readFileSync(program, 'utf8')
/** The updater starts the new version; until it has written its file, the folder can't be removed. */
const newVersionStarted = () =>
  expect.poll(() => readdirSync(folder), { timeout: 10_000 }).toContain('started')
/** Later, it would count for the next test. */
const quitRequested = () => expect.poll(() => quits).toBe(1)
const fetched = () => feed.asked.filter((name) => name.endsWith('.AppImage'))

test('a newer version is downloaded, verified, installed and started', async () => {
  feed.publish(release())
  const updater = await openUpdater()
  expect(await updater.check()).toBe('1.1.0')
  expect(fetched()).toEqual([])
  const percents: number[] = []
  await updater.download((percent) => percents.push(percent))
  expect(percents.at(-1) ?? 100).toBe(100)
  expect(programNow()).toContain('echo old')

  await updater.install()
  expect(programNow()).toContain('new $*')
  expect(statSync(program).mode & 0o111).toBe(0o111)
  await newVersionStarted()
  expect(readFileSync(join(folder, 'started'), 'utf8')).toBe('new --hidden')
  await quitRequested()
})

test.for(['1.1.0', '1.2.0'])('the same and older versions are ignored (%s)', async (version) => {
  feed.publish(release())
  expect(await (await openUpdater(version)).check()).toBe(null)
  expect(fetched()).toEqual([])
})

test('an unreadable feed is reported, signed or not', async () => {
  const updater = await openUpdater()
  const shas = (url: string) => `files:\n  - url: ${url}\n    sha512: ${'A'.repeat(86)}==\n`
  const broken = ['version: [', 'hello', 'version: 1.1.0\n', `version: next\n${shas('x.AppImage')}`]
  for (const yml of [
    ...broken,
    `version: 1.1.0\n${shas('https://evil.example/x.AppImage')}`,
    `version: 1.1.0\n${shas('../x.AppImage')}`,
  ]) {
    feed.publish(release({ yml }))
    expect([yml, await codeOf(updater.check())]).toEqual([yml, 'update-garbled'])
  }
  expect(fetched()).toEqual([])
})

test('a feed that is too long or does not end is rejected', async () => {
  const yml = `version: 1.1.0\nfiles:\n  - url: x.AppImage\n    sha512: ${'A'.repeat(86)}==\n`
  const padded = (length: number) => `${yml}# `.padEnd(length, 'a')
  feed.publish(release({ yml: padded(100_001) }))
  expect(await codeOf((await openUpdater()).check())).toBe('update-garbled')
  feed.publish(release({ yml: padded(100_000) }))
  expect(await (await openUpdater()).check()).toBe('1.1.0')

  feed.publish(release({ endless: '.yml' }))
  const clock = standingClock()
  const checked = codeOf((await openUpdater('1.0.0', publicKeyOf(key), clock.timers)).check())
  await expect.poll(() => clock.waits()).toEqual([60_000])
  clock.advance(60_000)
  expect(await checked).toBe('update-unreachable')
})

test('a download beyond the size in the feed is cancelled', async () => {
  feed.publish(release({ endless: '.AppImage' }))
  const updater = await openUpdater()
  await updater.check()
  expect(await codeOf(updater.download(() => {}))).toBe('update-cut')
  expect(programNow()).toContain('echo old')
})

test('a download without progress for a minute is cancelled', async () => {
  const yml = `version: 1.1.0\nfiles:\n  - url: modelferry-1.1.0-linux-x64.AppImage\n    sha512: ${'A'.repeat(86)}==\n`
  feed.publish(release({ yml, endless: '.AppImage' }))
  const clock = standingClock()
  const updater = await openUpdater('1.0.0', publicKeyOf(key), clock.timers)
  await updater.check()
  expect(clock.waits()).toEqual([])
  const downloaded = codeOf(updater.download(() => {}))
  await expect.poll(() => clock.waits()).toEqual([60_000])
  await expect.poll(fetched).toHaveLength(1)
  clock.advance(60_000)
  expect(await downloaded).toBe('update-cut')
  expect(clock.waits()).toEqual([])
})

test('a feed without our signature is rejected', async () => {
  const updater = await openUpdater()
  const otherKey = newSigningKey()
  for (const change of [{ key: otherKey }, { signature: null }, { signature: 'AAAA' }, { signature: '' }]) {
    feed.publish(release(change))
    expect(await codeOf(updater.check())).toBe('update-unsigned')
  }
  feed.publish(release())
  expect(await codeOf((await openUpdater('1.0.0', publicKeyOf(otherKey))).check())).toBe('update-unsigned')
  expect(fetched()).toEqual([])
})

test('a feed that was signed more than 90 days ago does not count as a check', async () => {
  const updater = await openUpdater()
  feed.publish(release({ signedAtMs: nowMs - 90 * dayMs - 1 }))
  expect(await codeOf(updater.check())).toBe('update-outdated')
  // An old feed with the running version would otherwise look like "up to date".
  expect(await codeOf((await openUpdater('1.1.0')).check())).toBe('update-outdated')
  expect(fetched()).toEqual([])
  feed.publish(release({ signedAtMs: nowMs - 90 * dayMs }))
  expect(await updater.check()).toBe('1.1.0')
})

test('a computer whose clock is behind accepts a feed signed in its future', async () => {
  feed.publish(release({ signedAtMs: nowMs + 400 * dayMs }))
  expect(await (await openUpdater()).check()).toBe('1.1.0')
})

test('a damaged download is discarded and can be repeated', async () => {
  feed.publish(release({ sha512: `${'A'.repeat(86)}==` }))
  const updater = await openUpdater()
  expect(await updater.check()).toBe('1.1.0')
  expect(await codeOf(updater.download(() => {}))).toBe('update-damaged')
  expect(readdirSync(join(folder, 'cache/pending'))).toEqual([])
  expect(await codeOf(updater.install())).toBe('update-not-installed')
  expect(programNow()).toContain('echo old')

  feed.publish(release())
  expect(await updater.check()).toBe('1.1.0')
  await updater.download(() => {})
  await updater.install()
  expect(programNow()).toContain('new $*')
  await newVersionStarted()
  await quitRequested()
})

test('an interrupted download is removed and can be repeated', async () => {
  feed.publish(release({ cutAfterBytes: 20 }))
  const updater = await openUpdater()
  await updater.check()
  expect(await codeOf(updater.download(() => {}))).toBe('update-cut')
  expect(readdirSync(join(folder, 'cache/pending'))).toEqual([])
  feed.publish(release())
  await updater.download(() => {})
  expect(programNow()).toContain('echo old')
})

test('a missing feed and an unreachable server are distinguished', async () => {
  feed.publish(null)
  const updater = await openUpdater()
  expect(await codeOf(updater.check())).toBe('update-missing')
  await feed.close()
  expect(await codeOf(updater.check())).toBe('update-unreachable')
  feed = await startUpdateFeed()
})

test('a program that cannot be replaced stays unchanged', async () => {
  feed.publish(release())
  const updater = await openUpdater()
  await updater.check()
  await updater.download(() => {})
  vi.stubEnv('APPIMAGE', join(folder, 'gone/Modelferry.AppImage'))
  expect(await codeOf(updater.install())).toBe('update-not-installed')
  expect(programNow()).toContain('echo old')
  expect(quits).toBe(0)
})

test('the AppImage of a program that has started this one stays unchanged', async () => {
  feed.publish(release())
  const updater = await openUpdater()
  await updater.check()
  await updater.download(() => {})
  vi.stubEnv('APPDIR', folder)
  expect(await codeOf(updater.install())).toBe('update-not-installed')
  expect(programNow()).toContain('echo old')
  expect(quits).toBe(0)
})

test('an unwritable folder is reported before the app is stopped', async () => {
  feed.publish(release())
  const updater = await openUpdater()
  await updater.check()
  await updater.download(() => {})
  // Not even root can create a file there.
  vi.stubEnv('APPIMAGE', '/sys/Modelferry.AppImage')
  expect(await codeOf(updater.prepareInstall())).toBe('update-not-writable')
  expect(quits).toBe(0)
})

test('a prepared AppImage is only renamed; on quit it is copied as well', async () => {
  feed.publish(release())
  const updater = await openUpdater()
  await updater.check()
  await updater.download(() => {})
  await updater.prepareInstall()
  expect(programNow()).toContain('echo old')
  expect(readFileSync(`${program}.new`, 'utf8')).toContain('new $*')
  // Copying it again would change the time.
  utimesSync(`${program}.new`, 1, 1)
  await updater.install()
  expect(programNow()).toContain('new $*')
  expect(statSync(program).mtimeMs).toBe(1_000)
  expect(readdirSync(folder)).not.toContain('Modelferry.AppImage.new')
  await newVersionStarted()
  await quitRequested()
})

describe('on Windows', () => {
  const realPlatform = process.platform
  beforeEach(() => {
    Object.defineProperty(process, 'platform', { value: 'win32' })
  })
  afterEach(() => {
    Object.defineProperty(process, 'platform', { value: realPlatform })
  })

  /** An updater that has downloaded the installer, and the installer's path. */
  async function downloadInstaller() {
    feed.publish(release({ feedFile: 'latest.yml' }))
    const updater = await openUpdater()
    await updater.check()
    await updater.download(() => {})
    const pending = join(folder, 'cache/pending')
    const name = readdirSync(pending).find((file) => file.startsWith('modelferry-')) ?? ''
    return { updater, installer: join(pending, name) }
  }

  test('the app quits once the installer has been started', async () => {
    const { updater, installer } = await downloadInstaller()
    chmodSync(installer, 0o755)
    await updater.install()
    await quitRequested()
    await newVersionStarted()
    expect(readFileSync(join(folder, 'started'), 'utf8')).toBe('new --updated /S --force-run')
  })

  test.each(['not executable', 'deleted'])(
    'the app keeps running if the installer is %s',
    async (problem) => {
      const { updater, installer } = await downloadInstaller()
      if (problem === 'deleted') rmSync(installer)
      expect(await codeOf(updater.install())).toBe('update-not-installed')
      expect(quits).toBe(0)
    },
  )
})

test('requests do not identify the computer', async () => {
  feed.publish(release())
  const updater = await openUpdater()
  await updater.check()
  await updater.download(() => {})
  for (const headers of feed.requestHeaders) {
    expect(Object.keys(headers).filter((name) => /staging|cookie|authorization|referer/.test(name))).toEqual(
      [],
    )
    expect(headers['user-agent']).toBe('electron-builder')
    expect(headers['cache-control']).toBe('no-cache')
  }
  expect(process.env['APPIMAGE']).toBe(program)
})
