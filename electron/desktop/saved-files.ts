import { writeFile } from 'node:fs/promises'
import { extname } from 'node:path'
import type { CallHandlers } from '../contract/calls.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { Engine } from '../engine/engine.ts'
import { logText } from '../messages/log-text.ts'
import type { MessageKey, Translate } from '../messages/messages.ts'
import { receiptText } from '../messages/receipt-text.ts'
import type { Log } from '../platform/environment.ts'
import type { Language } from './settings/language.ts'
import type { Dialogs } from './window/dialogs.ts'

interface SavedFile {
  readonly title: MessageKey
  readonly fileName: string
  readonly json: unknown
  readonly text: (t: Translate) => string
}

/** File systems allow 255 bytes or UTF-16 units (Linux, Windows); an ending is added. */
const maxNameBytes = 200

/**
 * A file's name for the name that a save dialog proposes: without characters that are invisible, reorder text or
 * separate folders, and without those that Windows forbids (learn.microsoft.com, "Naming Files").
 */
function plainName(fileName: string): string {
  const plain = fileName.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}<>:"/\\|?*]/gu, '_')
  let name = ''
  let bytes = 0
  for (const character of plain) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxNameBytes) break
    name += character
  }
  return name
}

/** Saves receipts and logs of uploads, as JSON or as text by the ending of the file that the user picks. */
export function createSavedFileHandlers(options: {
  readonly engine: Engine
  readonly language: Language
  readonly dialogs: Pick<Dialogs, 'pickSavePath'>
  readonly log: Log
}): Pick<CallHandlers, 'saveReceipts' | 'saveUploadLog'> {
  const { engine, language, dialogs, log } = options

  /** False when the user cancelled. */
  async function save({ title, fileName, json, text }: SavedFile): Promise<Result<boolean>> {
    const t = language.translate()
    const path = await dialogs.pickSavePath({
      title: t(title),
      fileName,
      filters: [
        { name: 'JSON', extensions: ['json'] },
        { name: t('receipt.text'), extensions: ['txt'] },
      ],
    })
    if (path === null) return success(false)
    const isText = extname(path).toLowerCase() === '.txt'
    try {
      await writeFile(path, isText ? text(t) : `${JSON.stringify(json, null, 2)}\n`)
      return success(true)
    } catch (error) {
      log.error('a file could not be saved', { error })
      return failed(failure('not-saved'))
    }
  }

  return {
    async saveReceipts({ ids }) {
      const found = await engine.calls.receipts({ ids })
      if (!found.ok) return found
      const [first, ...others] = found.value
      if (!first) return failed(failure('not-found'))
      return save({
        title: 'receipt.save',
        fileName:
          others.length === 0 ? `${plainName(first.file.name)}.receipt.json` : 'modelferry-receipts.json',
        json: others.length === 0 ? first : found.value,
        text: (t) => found.value.map((receipt) => receiptText(receipt, t)).join('\n'),
      })
    },
    async saveUploadLog({ id }) {
      const found = await engine.calls.uploadLog({ id })
      if (!found.ok) return found
      const { value: document } = found
      if (document === null) return failed(failure('not-found'))
      return save({
        title: 'log.save',
        fileName: `${plainName(document.file.name)}.log.json`,
        json: document,
        text: (t) => logText(document, t),
      })
    },
  }
}
