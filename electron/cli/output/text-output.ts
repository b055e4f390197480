import type { UploadRow } from '../../contract/uploads.ts'
import { formatBytes } from '../../messages/format-size.ts'
import { columnsOf, createLiveBlock, type Screen } from './live-lines.ts'
import { explain, whySkipped, type Standing, type Streams, type Teller } from './output.ts'
import { fitText, oneLine, textWidth } from './terminal-text.ts'

const bytes = (count: number) => formatBytes(count, 'en')

/** Lines for a person; on a terminal with moving lines below them, one for each file under way and one for all. */
export function createLineTeller({ out, err }: Streams, { quiet }: { readonly quiet: boolean }): Teller {
  const live = createLiveBlock(err)
  let registeredCount = 0
  let failedCount = 0
  /** While uploads are being stopped nothing moves on the screen. */
  let over = false
  const say = (text: string) => {
    live.clear()
    if (!quiet) out.write(`${oneLine(text)}\n`)
  }
  return {
    queued: (row) => say(`queued      ${row.fileName} → ${row.team.name}: ${row.target.modelPath}`),
    skipped: (name, reason) => say(`skipped     ${name} (${whySkipped(reason)})`),
    leftOut: ({ file, reason }) =>
      say(`left out    ${file} (${reason === 'running' ? 'a running Modelferry has it' : 'not signed in'})`),
    moving(_changed, now) {
      if (!quiet && !over) live.show(movingLines(now, err))
    },
    waiting: (row) => say(`waiting     ${row.fileName}: ${row.failure ? explain(row.failure) : ''}`),
    line: (state) =>
      say(state === 'ok' ? 'online      the line is back' : 'offline     no connection; waiting for it'),
    registered(row) {
      registeredCount += 1
      say(`registered  ${row.fileName} → ${row.target.modelPath} (model ${row.modelId})`)
    },
    already(row) {
      registeredCount += 1
      const isDisabled = row.already?.status === 'disabled' ? ', disabled there' : ''
      say(
        `already     ${row.fileName} = ${row.already?.name} (model ${row.modelId}${isDisabled}), nothing sent`,
      )
    },
    unlisted: (why) =>
      say(`note        the library can’t be looked into (${why.code}): files are sent without comparing`),
    failed(row) {
      failedCount += 1
      const text = `failed      ${row.fileName}: ${row.failure ? explain(row.failure) : ''}`
      if (quiet) err.write(`${oneLine(text)}\n`)
      else say(text)
    },
    stopped: live.clear,
    finished() {
      over = true
      live.clear()
      if (quiet || !err.isTTY || registeredCount + failedCount < 2) return
      const failures = failedCount > 0 ? `, ${failedCount} failed` : ''
      err.write(`${registeredCount} in the library${failures}.\n`)
    },
  }
}

function movingLines({ running, totals, count, endedCount }: Standing, screen: Screen): readonly string[] {
  const lines = running.map((row) => lineOf(row, screen))
  if (count <= 1) return lines
  const facts = [
    `${endedCount} of ${count} files done`,
    `${bytes(totals.totalBytes - totals.movedBytes)} to go`,
  ]
  if (totals.bytesPerSecond !== null) facts.push(`${bytes(totals.bytesPerSecond)}/s`)
  if (totals.secondsLeft !== null) facts.push(timeLeft(totals.secondsLeft))
  return [...lines, facts.join(', ')]
}

const doing: Readonly<Record<UploadRow['phase'], string>> = {
  waiting: 'waiting',
  checking: 'checking',
  sending: '',
  finishing: 'storage is putting it together',
  registering: 'registering',
  registered: 'in the library',
  retrying: 'waiting to try again',
  paused: 'paused',
  failed: 'failed',
}

/** Places that the facts behind a name usually take. */
const factsWidth = 52
const narrowestName = 12
const widestName = 40

/** Names stand in a column, so that the facts stand still behind them. */
function lineOf(row: UploadRow, screen: Screen): string {
  const moved = row.sentBytes + row.inFlightBytes
  // 100 % is kept for what is registered.
  const percent = row.sizeBytes === 0 ? 0 : Math.min(99, Math.floor((moved / row.sizeBytes) * 100))
  const facts = [`${bytes(moved)} of ${bytes(row.sizeBytes)}`]
  if (doing[row.phase]) facts.push(doing[row.phase])
  if (row.bytesPerSecond !== null) facts.push(`${bytes(row.bytesPerSecond)}/s`)
  if (row.secondsLeft !== null) facts.push(timeLeft(row.secondsLeft))
  const nameWidth = Math.max(narrowestName, Math.min(widestName, columnsOf(screen) - factsWidth))
  const name = fitText(oneLine(row.fileName), nameWidth)
  const gap = ' '.repeat(nameWidth - textWidth(name))
  const head = `${name}${gap}  ${String(percent).padStart(2)} %  `
  // On a narrow terminal the last facts go first.
  while (facts.length > 1 && textWidth(head + facts.join(', ')) > columnsOf(screen)) facts.pop()
  return head + facts.join(', ')
}

function timeLeft(seconds: number): string {
  const minutes = Math.round(seconds / 60)
  if (minutes < 1) return '<1 min left'
  if (minutes < 60) return `${minutes} min left`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min left`
}
