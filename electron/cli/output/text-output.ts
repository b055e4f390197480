import type { UploadRow } from '../../contract/uploads.ts'
import { formatBytes } from '../../messages/format-size.ts'
import { timeLeftText } from '../../messages/time-left.ts'
import { unheldQueue, uploadStatusOf } from '../../contract/upload-status.ts'
import { isRecordWrong } from '../../contract/verification.ts'
import { verificationLines } from '../../messages/verification-text.ts'
import { visibleText } from '../../contract/visible-text.ts'
import { lineWidth, createLiveLines, type TerminalStream } from './live-lines.ts'
import {
  describeFailure,
  describeHold,
  isCopyOfOther,
  othersText,
  skipReasonText,
  t,
  verificationLabel,
  type NotResumedUpload,
  type UploadProgress,
  type OutputStreams,
  type UploadReporter,
} from './output.ts'
import { fitText, textWidth } from './terminal-text.ts'
import type { TextStream } from './text-stream.ts'

const bytes = (count: number) => formatBytes(count, 'en')

/**
 * Writes lines of text; on a terminal with progress lines below them, one per running upload and one for the
 * total.
 */
export function createTextReporter(
  { out, err, terminalType }: OutputStreams,
  { quiet }: { readonly quiet: boolean },
): UploadReporter {
  const live = createLiveLines(err.terminal, terminalType)
  let registeredCount = 0
  /** A failed upload may be tried again. */
  const failedIds = new Set<string>()
  /** No progress lines while uploads are being stopped. */
  let isFinished = false
  /** While the output is suspended, what is written afterwards. */
  let delayedWrites: (() => void)[] | null = null
  const writeTo = (stream: TextStream, text: string) => {
    const writeLine = () => stream.line(text)
    live.clear()
    if (delayedWrites) delayedWrites.push(writeLine)
    else writeLine()
  }
  const write = (text: string) => {
    if (!quiet) writeTo(out, text)
  }
  const writeAlways = (text: string) => writeTo(quiet ? err : out, text)
  return {
    signInDelayed: (reason) => write(`waiting     to sign in: ${describeFailure(reason, 'retrying')}`),
    queued: (row) => write(`queued      ${row.fileName} → ${row.team.name}: ${row.target.modelPath}`),
    skipped: (file) => write(`skipped     ${file.name} (${skipReasonText(file)})${othersText(file)}`),
    linksSkipped(count) {
      const text = `note        ${count} ${count === 1 ? 'link to another place was' : 'links to other places were'} not followed; models that need them are incomplete`
      writeAlways(text)
    },
    notResumed: ({ file, reason }) => write(`not resumed ${file} (${notResumedReasons[reason]})`),
    progress(_changed, progress) {
      if (!quiet && !isFinished && !delayedWrites) live.show(progressLines(progress, err.terminal))
    },
    waiting: (row) =>
      write(`waiting     ${row.fileName}: ${row.failure ? describeFailure(row.failure, 'retrying') : ''}`),
    connectivity: (state) =>
      write(state === 'ok' ? 'online      connection restored' : 'offline     no connection, waiting'),
    held(reason, row) {
      if (reason !== null) writeTo(err, describeHold(reason, row?.fileName))
    },
    registered(row) {
      registeredCount += 1
      failedIds.delete(row.id)
      write(`registered  ${row.fileName} → ${row.target.modelPath} (model ${row.modelId})`)
    },
    verified(row, verification) {
      if (verification === null) return
      const label = verificationLabel(verification).padEnd(12)
      const text = `${label}${row.fileName}: ${verificationLines(verification, t).join(' ')}`
      if (isRecordWrong(verification)) writeAlways(text)
      else write(text)
    },
    alreadyInLibrary(row) {
      registeredCount += 1
      failedIds.delete(row.id)
      const isDisabled = row.already?.status === 'disabled' ? ', disabled' : ''
      const paths = isCopyOfOther(row) ? `; kept ${row.already?.path}, skipped ${row.target.modelPath}` : ''
      write(
        `already     ${row.fileName} is in the library as ${row.already?.name} (model ${row.modelId}${isDisabled})${paths}`,
      )
    },
    libraryNotListed: (reason) =>
      write(
        `note        the library can’t be listed (${reason.code}); files are uploaded without checking for duplicates`,
      ),
    failed(row) {
      failedIds.add(row.id)
      const text = `failed      ${row.fileName}: ${row.failure ? describeFailure(row.failure) : ''}`
      writeAlways(text)
    },
    modelEnded({ recognition }, { fileCount, presentCount, missing }) {
      const name = recognition.group?.name ?? ''
      if (presentCount === fileCount)
        return write(`complete    ${name}: all ${fileCount} files are in the library`)
      const text = `incomplete  ${name}: ${presentCount} of ${fileCount} files are in the library; missing: ${missing.join(', ')}`
      writeAlways(text)
    },
    pausing: live.clear,
    stopped: live.clear,
    suspendOutput() {
      delayedWrites ??= []
      live.clear()
    },
    continueOutput() {
      delayedWrites?.forEach((writeLine) => writeLine())
      delayedWrites = null
    },
    finished() {
      isFinished = true
      live.clear()
      if (quiet || !err.terminal.isTTY || registeredCount + failedIds.size < 2) return
      const failures = failedIds.size > 0 ? `, ${failedIds.size} failed` : ''
      err.line(`${registeredCount} in the library${failures}.`)
    },
  }
}

function progressLines(
  { running, totals, uploadCount, endedCount }: UploadProgress,
  stream: TerminalStream,
): readonly string[] {
  const lines = running.map((row) => progressLine(row, stream))
  if (uploadCount <= 1) return lines
  const facts = [
    `${endedCount} of ${uploadCount} files done`,
    `${bytes(totals.totalBytes - totals.movedBytes)} remaining`,
  ]
  if (totals.bytesPerSecond !== null) facts.push(`${bytes(totals.bytesPerSecond)}/s`)
  if (totals.secondsLeft !== null) facts.push(timeLeftText(totals.secondsLeft, t))
  return [...lines, facts.join(', ')]
}

const notResumedReasons: Readonly<Record<NotResumedUpload['reason'], string>> = {
  review: 'waiting for approval in the app',
  'other-server': 'for another server',
  'signed-out': 'not signed in',
}

/** Columns that the facts after a name usually take. */
const factsWidth = 53
const minNameWidth = 12
const maxNameWidth = 40

/** Names are padded to one width, so that the facts don't move. */
function progressLine(row: UploadRow, stream: TerminalStream): string {
  const moved = row.sentBytes + row.inFlightBytes
  // 100 % is shown only for registered uploads.
  const percent = row.sizeBytes === 0 ? 0 : Math.min(99, Math.floor((moved / row.sizeBytes) * 100))
  const facts = [`${bytes(moved)} of ${bytes(row.sizeBytes)}`]
  const phase = phaseText(row)
  if (phase) facts.push(phase.toLowerCase())
  if (row.bytesPerSecond !== null) facts.push(`${bytes(row.bytesPerSecond)}/s`)
  if (row.secondsLeft !== null) facts.push(timeLeftText(row.secondsLeft, t))
  const nameWidth = Math.max(minNameWidth, Math.min(maxNameWidth, lineWidth(stream) - factsWidth))
  const name = fitText(visibleText(row.fileName), nameWidth)
  const gap = ' '.repeat(nameWidth - textWidth(name))
  const head = `${name}${gap}  ${String(percent).padStart(2)} %  `
  // On a narrow terminal the last facts are left out first.
  while (facts.length > 1 && textWidth(head + facts.join(', ')) > lineWidth(stream)) facts.pop()
  return head + facts.join(', ')
}

function phaseText(row: UploadRow): string {
  if (row.pausing) return t('phase.pausing', { parts: row.pausing.finishingParts })
  // The line shows bytes and speed while it is sending.
  const status = uploadStatusOf(row, unheldQueue)
  return status === 'sending' ? '' : t(`phase.${status}`)
}
