import { expect, test } from 'vitest'
import { createTextReporter } from '../../../../electron/cli/output/text-output.ts'
import { createTextStream } from '../../../../electron/cli/output/text-stream.ts'
import type { Totals, UploadRow } from '../../../../electron/contract/uploads.ts'
import { failedRow, registeredRow } from '../../../components/support/rows.ts'

function createTerminal(columns: number) {
  let drawn = ''
  const err = { write: (text: string) => (drawn = text), isTTY: true, columns }
  const reporter = createTextReporter(
    { out: createTextStream({ write: () => undefined }), err: createTextStream(err) },
    { quiet: false },
  )
  return {
    show(...rows: readonly Partial<UploadRow>[]) {
      const running = rows.map((row) => ({ ...sending, ...row }))
      reporter.progress(running, { running, totals, uploadCount: rows.length, endedCount: 0 })
      return drawn.split('\u001b[0J')[1]?.trimEnd().split('\n') ?? []
    },
  }
}

const sending = {
  fileName: 'blue.safetensors',
  phase: 'sending',
  sizeBytes: 6_800_000_000,
  sentBytes: 2_000_000_000,
  inFlightBytes: 856_000_000,
  bytesPerSecond: 12_400_000,
  secondsLeft: 318,
} as UploadRow

const totals = {
  totalBytes: 13_600_000_000,
  movedBytes: 5_712_000_000,
  bytesPerSecond: 24_800_000,
  secondsLeft: 7_260,
} as Totals

test('aligns names of any script and adds a line for the total', () => {
  const lines = createTerminal(80).show({}, { fileName: '水墨画风格模型-最终版本-第二次修订.safetensors' })
  expect(lines).toEqual([
    'blue.safetensors            42 %  2.9 GB of 6.8 GB, 12.4 MB/s, about 5 min',
    '水墨画风格模….safetensors   42 %  2.9 GB of 6.8 GB, 12.4 MB/s, about 5 min',
    '0 of 2 files done, 7.9 GB remaining, 24.8 MB/s, about 2 h',
  ])
})

test('shows 100 % only for registered uploads', () => {
  const [line = ''] = createTerminal(80).show({
    phase: 'registering',
    sentBytes: 6_800_000_000,
    inFlightBytes: 0,
  })
  expect(line).toContain('99 %  6.8 GB of 6.8 GB, registering')
})

/** A reporter with the lines that it writes. */
function createReporter({ quiet = false, isTTY = false } = {}) {
  const lines = { out: [] as string[], err: [] as string[] }
  const streamTo = (name: 'out' | 'err') =>
    createTextStream({
      isTTY,
      write: (text: string) => lines[name].push(...text.replace('\r\u001b[0J', '').split('\n').slice(0, -1)),
    })
  return { reporter: createTextReporter({ out: streamTo('out'), err: streamTo('err') }, { quiet }), lines }
}

const library = {
  id: 'm',
  name: 'Flux 1',
  path: 'models/loras/flux-1.safetensors',
  status: 'active',
} as const
const already = (change: object, modelPath: string = library.path) =>
  registeredRow('Flux', { already: { ...library, ...change }, target: { modelPath } })

test.each([
  [['registered', 'already'], ['2 in the library.']],
  [['failed', 'registered'], ['1 in the library, 1 failed.']],
  [['failed', 'registered', 'retried'], ['2 in the library.']],
  [['failed', 'registered', 'found'], ['2 in the library.']],
  [['failed', 'failed', 'registered'], ['1 in the library, 1 failed.']],
  [['failed', 'found'], []],
  [['registered'], []],
])('a terminal shows after %j the summary %j', (events, summary) => {
  const summaryOf = ({ reporter, lines }: ReturnType<typeof createReporter>) => {
    for (const event of events) {
      if (event === 'registered') reporter.registered(registeredRow('Flux'))
      if (event === 'already') reporter.alreadyInLibrary(already({}))
      if (event === 'failed') reporter.failed(failedRow('Juniper'))
      if (event === 'found') reporter.alreadyInLibrary({ ...already({}), id: failedRow('Juniper').id })
      if (event === 'retried') reporter.registered(registeredRow('Juniper'))
    }
    reporter.finished()
    return lines.err.filter((line) => line.includes('in the library'))
  }
  expect(summaryOf(createReporter({ isTTY: true }))).toEqual(summary)
  expect(summaryOf(createReporter())).toEqual([])
  expect(summaryOf(createReporter({ isTTY: true, quiet: true }))).toEqual([])
})
