import { runStatusCommand } from '../../../electron/cli/commands/status.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'
import { uploadRecord } from '../../support/records.ts'
import { defaultSettings } from '../../../electron/contract/settings.ts'
import { failure } from '../../../electron/contract/failures.ts'
import { test, expect } from 'vitest'

test('shows what a failed upload needs instead of the failure', async () => {
  const params = { name: 'A', path: 'p', status: 'active', suggestion: '', modelId: 'm', theirBytes: 1 }
  const { folder } = rowsOnJournal([
    uploadRecord({ phase: 'failed', failure: failure('path-taken', params) }),
  ])
  const write = async (json: boolean) => {
    const { streams, out } = recordedStreams()
    await runStatusCommand({ home: folder, settings: defaultSettings }, { nowMs: 0, json }, streams)
    return out
  }
  expect((await write(false))[0]).toMatch(/^needs attention {2}/)
  expect(JSON.parse((await write(true)).join('\n'))).toMatchObject({
    uploads: [{ phase: 'failed', status: 'choice', failure: { code: 'path-taken' } }],
  })
})
