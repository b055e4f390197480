import { expect, test } from 'vitest'
import { createJsonReporter } from '../../../../electron/cli/output/json-output.ts'
import { createTextStream } from '../../../../electron/cli/output/text-stream.ts'
import type { UploadReporter } from '../../../../electron/cli/output/output.ts'
import { patchOf, sendingRow } from '../../../components/support/rows.ts'

/** The events that a reporter writes. */
function eventsOf(report: (reporter: UploadReporter) => void, { quiet = false } = {}) {
  const events: unknown[] = []
  const out = createTextStream({ write: (line) => void events.push(JSON.parse(line)) })
  report(createJsonReporter({ out }, { quiet }))
  return events
}

const progress = { running: [], totals: patchOf(1, []).totals, uploadCount: 1, endedCount: 0 }

test('writes the progress of each changed upload, with a rounded speed if there is one', () => {
  const first = sendingRow('a', { bytesPerSecond: 1.5, sentBytes: 10, inFlightBytes: 5, sizeBytes: 20 })
  const pausing = { isSingle: true, finishingParts: 3, unacknowledgedBytes: 5 }
  const second = sendingRow('b', { bytesPerSecond: null, waitsForTurn: true, pausing })
  const events = eventsOf((reporter) => reporter.progress([first, second], progress))
  expect(events).toEqual([
    {
      event: 'progress',
      id: first.id,
      phase: 'sending',
      sentBytes: 10,
      inFlightBytes: 5,
      sizeBytes: 20,
      bytesPerSecond: 2,
    },
    expect.objectContaining({ id: second.id, phase: 'waiting', bytesPerSecond: null, finishingParts: 3 }),
  ])
})
