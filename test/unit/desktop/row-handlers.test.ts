import { expect, test } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { defaultSettings } from '../../../electron/contract/settings.ts'
import { createRowHandlers } from '../../../electron/desktop/row-handlers.ts'
import type { Log } from '../../../electron/platform/environment.ts'
import { fakeEngine } from '../../support/fake-engine.ts'

const silentLog: Log = { info() {}, warn() {}, error() {} }
const files: Readonly<Record<string, string>> = {
  a: '/models/a.gguf',
  b: '/models/b c.gguf',
  here: import.meta.filename,
}
const own = 'https://models.aurora.example:8443/api/v1'

function setup({ isFocused = true, mayOpen = true } = {}) {
  const copied: string[] = []
  const shown: string[] = []
  const opened: string[] = []
  const logged: unknown[] = []
  const handlers = createRowHandlers({
    engine: fakeEngine({
      fileOf: (id) => files[id] ?? null,
      localFileWith: async (sha256) =>
        sha256 === 'known' ? success('/models/a.gguf') : failed(failure('file-missing')),
    }),
    settings: {
      current: () => ({ ...defaultSettings, servers: [{ address: own, singlePutLimitBytes: null }] }),
    },
    window: { isFocused: () => isFocused },
    mayOpen: () => mayOpen,
    open: async (address) => success(void opened.push(address)),
    clipboard: { writeText: (text) => void copied.push(text) },
    shell: { showItemInFolder: (path) => void shown.push(path) },
    log: {
      ...silentLog,
      info: (...entry) => void logged.push(entry),
      error: (...entry) => void logged.push(entry),
    },
  })
  return { handlers, copied, shown, opened, logged }
}

test('copies nothing if no file is known, or while another program has the focus', async () => {
  const known = setup()
  expect(await known.handlers.copyLocalPaths({ ids: ['gone'] })).toEqual(failed(failure('file-missing')))
  const { handlers, copied, logged } = setup({ isFocused: false })
  expect(await handlers.copyLocalPaths({ ids: ['a'] })).toEqual(failed(failure('bad-call')))
  expect(await handlers.copyText({ text: 'x' })).toEqual(failed(failure('bad-call')))
  expect([...known.copied, ...copied]).toEqual([])
  expect(logged).toEqual(Array(2).fill(['a change of the clipboard was rejected']))
})

test.each([
  ['core.cyberun.cloud alice', 'https://app.cyberun.cloud/'],
  ['models.aurora.example:8443 mira', 'https://models.aurora.example:8443/'],
])('opens the web app of the server of “%s”', async (accountId, address) => {
  const { handlers, opened } = setup()
  expect(await handlers.openServer({ accountId })).toEqual(success(undefined))
  expect(opened).toEqual([address])
})

test('opens no more pages than allowed', async () => {
  const { handlers, opened } = setup({ mayOpen: false })
  expect(await handlers.openServer({ accountId: 'core.cyberun.cloud alice' })).toEqual(
    failed(failure('too-often')),
  )
  expect(opened).toEqual([])
})

test('does not show the folder of a file that was moved or deleted', async () => {
  const { handlers, shown } = setup()
  expect(await handlers.showInFolder({ id: 'b' })).toEqual(failed(failure('file-missing')))
  expect(shown).toEqual([])
})
