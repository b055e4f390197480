import { runStatusCommand } from '../../../electron/cli/commands/status.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'
import { uploadRecord } from '../../support/records.ts'
import { failure } from '../../../electron/contract/failures.ts'
import { test, expect } from 'vitest'

test('shows what a failed upload needs instead of the failure', () => {
  const params = { name: 'A', path: 'p', status: 'active', suggestion: '', modelId: 'm', theirBytes: 1 }
  const { folder } = rowsOnJournal([
    uploadRecord({ phase: 'failed', failure: failure('path-taken', params) }),
  ])
  const write = (json: boolean) => {
    const { streams, out } = recordedStreams()
    runStatusCommand({ home: folder, deadlineMs: null }, { nowMs: 0, json }, streams)
    return out
  }
  expect(write(false)[0]).toMatch(/^needs attention {2}/)
  expect(JSON.parse(write(true).join('\n'))).toMatchObject({
    uploads: [{ phase: 'failed', status: 'choice', failure: { code: 'path-taken' } }],
  })
})
