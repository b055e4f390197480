import { expect, test } from 'vitest'
import { receiptOf } from '../../../electron/contract/receipt.ts'
import { toUploadRow } from '../../../electron/journal/row-view.ts'
import { receiptText } from '../../../electron/messages/receipt-text.ts'
import { translatorFor } from '../../../electron/messages/messages.ts'
import { registeredRecord } from '../../support/records.ts'

const t = translatorFor('en')

test('the text of a receipt has one line for each fact, and none for what is unknown', () => {
  const record = registeredRecord({
    fileName: 'a\u202egpj.safetensors',
    sha256: 'f'.repeat(64),
    modelId: 'model-1',
  })
  const receipt = receiptOf(toUploadRow(record, null))
  const lines = receipt ? receiptText(receipt, t).split('\n') : []
  expect(lines).toContain('File: a\ufffdgpj.safetensors')
  expect(lines).toContain('Model ID: model-1')
  expect(lines).toContain('Verification: Not verified yet.')
  expect(lines.some((line) => line.startsWith('Compared:'))).toBe(false)
})
