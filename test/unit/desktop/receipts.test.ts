import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import { receiptOf, type Receipt } from '../../../electron/contract/receipt.ts'
import { createReceiptHandlers } from '../../../electron/desktop/receipts.ts'
import type { Engine } from '../../../electron/engine/engine.ts'
import { toUploadRow } from '../../../electron/journal/row-view.ts'
import { translatorFor } from '../../../electron/messages/messages.ts'
import type { Log } from '../../../electron/platform/environment.ts'
import { registeredRecord } from '../../support/records.ts'

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
  const { saveReceipts } = createReceiptHandlers({
    engine: { calls },
    language: { locale: () => 'en', translate: () => translatorFor('en') },
    dialogs: { pickSavePath: async () => path },
    log: silentLog,
  })
  return saveReceipts({ ids: ['any'] })
}

test('one receipt is saved as an object, several as a list', async () => {
  const path = join(folder, 'a.json')
  expect(await save(1, path)).toEqual(success(true))
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(receipts[0])
  expect(await save(2, path)).toEqual(success(true))
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(receipts)
})

test('a file that ends in .txt gets text', async () => {
  const path = join(folder, 'a.TXT')
  await save(2, path)
  expect((await readFile(path, 'utf8')).match(/^Receipt of an upload/gm)).toHaveLength(2)
})

test('a cancelled dialog saves nothing, and a path that can’t be written is a failure', async () => {
  expect(await save(1, null)).toEqual(success(false))
  expect(await save(1, join(folder, 'missing', 'a.json'))).toMatchObject({ failure: { code: 'not-saved' } })
  expect(await save(0, join(folder, 'a.json'))).toMatchObject({ failure: { code: 'not-found' } })
})
