import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { openJsonStore } from '../../../../electron/desktop/settings/json-store.ts'
import { createTestEnvironment, standingClock } from '../../../support/hand-clock.ts'

let openStore: typeof openJsonStore
beforeAll(async () => {
  // electron-store loads the package `electron`, which downloads the program unless its folder is given.
  vi.stubEnv('ELECTRON_OVERRIDE_DIST_PATH', join(import.meta.dirname, '../../../electron-host'))
  openStore = (await import('../../../../electron/desktop/settings/json-store.ts')).openJsonStore
  vi.unstubAllEnvs()
})

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'json-store-'))
  file = join(folder, 'settings.json')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** A store, and the levels of what it logs. */
function open(inFolder = folder) {
  const { log, lines } = createTestEnvironment(standingClock())
  return { store: openStore('settings', inFolder, log), levels: () => lines.map(({ level }) => level) }
}

const stored = async () => JSON.parse(await readFile(file, 'utf8')) as unknown

/** A file can't replace a folder. */
const makeUnwritable = () => mkdir(join(file, 'a'), { recursive: true })

test('writes the given values and keeps the others', async () => {
  await writeFile(file, '{"theme":"dark"}')
  const { store, levels } = open()
  expect([store.write({ atOnce: 5 }), store.read()]).toEqual([true, { theme: 'dark', atOnce: 5 }])
  expect([await stored(), levels()]).toEqual([{ theme: 'dark', atOnce: 5 }, []])
})

test('keeps values that can’t be written in memory, and writes them with the next ones', async () => {
  const { store, levels } = open()
  await makeUnwritable()
  expect([store.write({ atOnce: 5 }), store.read(), levels()]).toEqual([false, { atOnce: 5 }, ['error']])
  await rm(file, { recursive: true })
  expect([store.write({ dense: true }), await stored()]).toEqual([true, { atOnce: 5, dense: true }])
})

test.each(['', '{"theme":', 'null', '5', '"text"', '[]'])(
  'keeps the bytes of %j under another name',
  async (text) => {
    await writeFile(file, text)
    const { store, levels } = open()
    expect([store.read(), levels()]).toEqual([{}, ['warn']])
    const renamed = (await readdir(folder)).find((name) => /^settings\.unreadable-\d+\.json$/.test(name))
    expect(await readFile(join(folder, renamed ?? ''), 'utf8')).toBe(text)
  },
)
