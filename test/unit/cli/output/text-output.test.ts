import { expect, test } from 'vitest'
import { createTextReporter } from '../../../../electron/cli/output/text-output.ts'
import { createTextStream } from '../../../../electron/cli/output/text-stream.ts'
import { textWidth } from '../../../../electron/cli/output/terminal-text.ts'
import type { Totals, UploadRow } from '../../../../electron/contract/uploads.ts'

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

test('shows one line with the percentage for a single file', () => {
  expect(createTerminal(80).show({})).toEqual([
    'blue.safetensors             42 %  2.9 GB of 6.8 GB, 12.4 MB/s, 5 min left',
  ])
})

test('aligns names of any script and adds a line for the total', () => {
  const lines = createTerminal(80).show({}, { fileName: '水墨画风格模型-最终版本-第二次修订.safetensors' })
  expect(lines).toEqual([
    'blue.safetensors             42 %  2.9 GB of 6.8 GB, 12.4 MB/s, 5 min left',
    '水墨画风格模型….safetensors  42 %  2.9 GB of 6.8 GB, 12.4 MB/s, 5 min left',
    '0 of 2 files done, 7.9 GB remaining, 24.8 MB/s, 2 h 1 min left',
  ])
})

test.each([20, 40, 60, 79, 200])(
  'fits lines into %d columns, leaving out the last facts first',
  (columns) => {
    const lines = createTerminal(columns).show({}, { fileName: '水墨画风格模型-最终版本.safetensors' })
    expect(lines.filter((line) => textWidth(line) >= columns)).toEqual([])
    expect(lines.slice(0, 2).every((line) => columns < 40 || line.includes('2.9 GB of 6.8 GB'))).toBe(true)
  },
)

test('shows 100 % only for registered uploads', () => {
  const [line = ''] = createTerminal(80).show({
    phase: 'registering',
    sentBytes: 6_800_000_000,
    inFlightBytes: 0,
  })
  expect(line).toContain('99 %  6.8 GB of 6.8 GB, registering')
})

test.each([
  ['a model that the library lacks', { kind: 'not-verified', reason: 'missing', isFinal: true, atMs: 1 }, 1],
  ['a record that was compared', { kind: 'verified', atMs: 1 }, 0],
  [
    'a record that could not be read',
    { kind: 'not-verified', reason: 'offline', isFinal: false, atMs: 1 },
    0,
  ],
  ['no record', null, 0],
] as const)('with --quiet, reports %s only if it is wrong', (_, verification, count) => {
  const lines = { out: [] as string[], err: [] as string[] }
  const streamTo = (name: 'out' | 'err') =>
    createTextStream({ write: (text: string) => lines[name].push(text) > 0 })
  const reporter = createTextReporter({ out: streamTo('out'), err: streamTo('err') }, { quiet: true })
  reporter.verified(sending, verification)
  expect([lines.out.length, lines.err.length]).toEqual([0, count])
})
