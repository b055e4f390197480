import { writeFile } from 'node:fs/promises'
import { extname } from 'node:path'
import type { CallHandlers } from '../contract/calls.ts'
import { failed, failure, success } from '../contract/failures.ts'
import type { Engine } from '../engine/engine.ts'
import { receiptText } from '../messages/receipt-text.ts'
import type { Log } from '../platform/environment.ts'
import type { Language } from './settings/language.ts'
import type { Dialogs } from './window/dialogs.ts'

/** Saves receipts of uploads: one as a JSON object, several as a list, or all as text. */
export function createReceiptHandlers(options: {
  readonly engine: Pick<Engine, 'calls'>
  readonly language: Language
  readonly dialogs: Pick<Dialogs, 'pickSavePath'>
  readonly log: Log
}): Pick<CallHandlers, 'saveReceipts'> {
  const { engine, language, dialogs, log } = options
  return {
    async saveReceipts({ ids }) {
      const found = await engine.calls.receipts({ ids })
      if (!found.ok) return found
      const [first, ...others] = found.value
      if (!first) return failed(failure('not-found'))
      const t = language.translate()
      const path = await dialogs.pickSavePath({
        title: t('receipt.save'),
        fileName: others.length === 0 ? `${first.file.name}.receipt.json` : 'modelferry-receipts.json',
        filters: [
          { name: 'JSON', extensions: ['json'] },
          { name: t('receipt.text'), extensions: ['txt'] },
        ],
      })
      if (path === null) return success(false)
      const isText = extname(path).toLowerCase() === '.txt'
      const json = JSON.stringify(others.length === 0 ? first : found.value, null, 2)
      const text = isText ? found.value.map((receipt) => receiptText(receipt, t)).join('\n') : `${json}\n`
      try {
        await writeFile(path, text)
        return success(true)
      } catch (error) {
        log.error('the receipts could not be written', { error })
        return failed(failure('not-saved'))
      }
    },
  }
}
