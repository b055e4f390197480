import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openJsonStore } from '../../../../electron/desktop/settings/json-store.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelferry-settings-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const silent = { info() {}, warn() {}, error() {} }
const open = () => openJsonStore('settings', folder, silent)

test.each(['{"server":', '[]', 'null', ''])(
  'renames a file that reads “%s” and starts empty',
  async (text) => {
    await writeFile(join(folder, 'settings.json'), text)
    expect(open().read()).toEqual({})
    const [renamed = '', ...others] = await readdir(folder)
    expect(others).toEqual([])
    expect(renamed).toMatch(/^settings\.unreadable-\d+\.json$/)
    expect(await readFile(join(folder, renamed), 'utf8')).toBe(text)
  },
)

test('writes nothing when opened', async () => {
  open()
  expect(await readdir(folder)).toEqual([])
})

test('keeps the values that are not changed, readable for the owner only', async () => {
  await writeFile(join(folder, 'settings.json'), '{"server":"https://a.example","atOnce":2}')
  open().write({ atOnce: 3 })
  expect(open().read()).toEqual({ server: 'https://a.example', atOnce: 3 })
  expect(await readdir(folder)).toEqual(['settings.json'])
  if (process.platform !== 'win32')
    expect((await stat(join(folder, 'settings.json'))).mode & 0o777).toBe(0o600)
})

test('keeps values in memory that cannot be written', async () => {
  const store = open()
  await mkdir(join(folder, 'settings.json'))
  await chmod(join(folder, 'settings.json'), 0o500)
  store.write({ atOnce: 3 })
  expect(store.read()).toEqual({ atOnce: 3 })
})
