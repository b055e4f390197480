import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import { receiptOf, type Receipt } from '../../../electron/contract/receipt.ts'
import { logDocumentOf, type LogDocument } from '../../../electron/contract/upload-log.ts'
import { createSavedFileHandlers } from '../../../electron/desktop/saved-files.ts'
import type { Engine } from '../../../electron/engine/engine.ts'
import { toUploadRow } from '../../../electron/journal/row-view.ts'
import { translatorFor } from '../../../electron/messages/messages.ts'
import type { Log } from '../../../electron/platform/environment.ts'
import { registeredRecord } from '../../support/records.ts'
import { fakeEngine } from '../../support/fake-engine.ts'

const silentLog: Log = { info() {}, warn() {}, error() {} }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'receipts-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const receipts = [registeredRecord(), registeredRecord()].map(
  (record) => receiptOf(toUploadRow(record, null)) as Receipt,
)

/** Saves receipts under the path that the dialog returns; null cancels it. */
function save(count: number, path: string | null) {
  const calls = { receipts: async () => success(receipts.slice(0, count)) } as unknown as Engine['calls']
  const { saveReceipts } = createSavedFileHandlers({
    engine: fakeEngine({ calls }),
    language: { locale: () => 'en', regionalTag: () => 'en', translate: () => translatorFor('en') },
    dialogs: { pickSavePath: async () => path },
    log: silentLog,
  })
  return saveReceipts({ ids: ['any'] })
}

test('a log is saved as JSON or as text, and an unknown upload has none', async () => {
  const log = logDocumentOf(toUploadRow(registeredRecord({ fileName: 'a.safetensors' }), null), {
    events: [{ event: 'paused', atMs: 5, reason: 'battery' }],
    speed: [],
  })
  const proposed: string[] = []
  const saveLog = (path: string, document: LogDocument | null = log) =>
    createSavedFileHandlers({
      engine: fakeEngine({
        calls: { uploadLog: async () => success(document) } as unknown as Engine['calls'],
      }),
      language: { locale: () => 'en', regionalTag: () => 'en', translate: () => translatorFor('en') },
      dialogs: {
        async pickSavePath({ fileName }) {
          proposed.push(fileName)
          return path
        },
      },
      log: silentLog,
    }).saveUploadLog({ id: log.id })
  const [json, text] = [join(folder, 'a.json'), join(folder, 'a.txt')]
  expect([await saveLog(json), await saveLog(text)]).toEqual([success(true), success(true)])
  expect(JSON.parse(await readFile(json, 'utf8'))).toEqual(log)
  expect(await readFile(text, 'utf8')).toContain(
    '1970-01-01T00:00:00.005Z  Paused because of the battery level',
  )
  expect(proposed[0]).toBe('a.safetensors.log.json')
  expect(await saveLog(json, null)).toMatchObject({ failure: { code: 'not-found' } })
})

test.each([
  ['../../.bashrc', '.._.._.bashrc'],
  ['a\u202ecod\u0007.exe\u2028\ud800', 'a_cod_.exe__'],
  ['a:b|c?.pt', 'a_b_c_.pt'],
  ['é'.repeat(120), 'é'.repeat(100)],
])('the name %j is proposed without characters that deceive or lead elsewhere', async (name, proposed) => {
  const row = toUploadRow(registeredRecord({ fileName: name }), null)
  const names: string[] = []
  const handlers = createSavedFileHandlers({
    engine: fakeEngine({
      calls: {
        receipts: async () => success([receiptOf(row)]),
        uploadLog: async () => success(logDocumentOf(row, { events: [], speed: [] })),
      } as unknown as Engine['calls'],
    }),
    language: { locale: () => 'en', regionalTag: () => 'en', translate: () => translatorFor('en') },
    dialogs: {
      async pickSavePath({ fileName }) {
        names.push(fileName)
        return null
      },
    },
    log: silentLog,
  })
  await handlers.saveReceipts({ ids: ['any'] })
  await handlers.saveUploadLog({ id: 'any' })
  expect(names).toEqual([`${proposed}.receipt.json`, `${proposed}.log.json`])
})

test('a cancelled dialog saves nothing, and a path that can’t be written is a failure', async () => {
  expect(await save(1, null)).toEqual(success(false))
  expect(await save(1, join(folder, 'missing', 'a.json'))).toMatchObject({ failure: { code: 'not-saved' } })
  expect(await save(0, join(folder, 'a.json'))).toMatchObject({ failure: { code: 'not-found' } })
})
