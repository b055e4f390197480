import { expect, test } from 'vitest'
import { reportResult } from '../../../electron/cli/commands/report-result.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import type { UploadContext } from '../../../electron/cli/command-context.ts'
import type { UploadReporter } from '../../../electron/cli/output/output.ts'
import type { Verification } from '../../../electron/contract/verification.ts'
import { failure, success } from '../../../electron/contract/failures.ts'
import type { ModelGroup } from '../../../electron/contract/recognition.ts'
import type { ModelStatus } from '../../../electron/contract/uploads.ts'
import { failedRow, registeredRow, row } from '../../components/support/rows.ts'
import { fakeEngine } from '../../support/fake-engine.ts'

/** A command whose engine reports this status for each multi-file model. */
const contextOf = (status: ModelStatus | null = null) =>
  ({
    engine: fakeEngine({ calls: { modelStatus: async () => success(status) } }),
    reporter: { finished: () => {}, modelEnded: () => {} } as Partial<UploadReporter> as UploadReporter,
  }) as UploadContext

test.each<[string, number, Verification]>([
  ['differs', exitCodes.someFailed, { kind: 'differs', differences: [], atMs: 1 }],
  ['is missing', exitCodes.someFailed, { kind: 'not-verified', reason: 'missing', isFinal: true, atMs: 1 }],
  ['could not be read', exitCodes.ok, { kind: 'not-verified', reason: 'timed-out', isFinal: false, atMs: 1 }],
])('if a record %s the exit code is %i', async (_name, code, verification) => {
  expect(await reportResult([registeredRow('Flux', { verification })], contextOf())).toBe(code)
})

test.each([
  ['someFailed', 'file-missing'],
  ['notSignedIn', 'signed-out'],
] as const)('the exit code is %s if an upload failed with %s', async (name, code) => {
  const rows = [registeredRow('Flux'), failedRow('Juniper', failure(code))]
  expect(await reportResult(rows, contextOf())).toBe(exitCodes[name])
})

test.each([
  ['someFailed', 1],
  ['ok', 2],
] as const)('the exit code is %s if the library has %i of 2 files of a model', async (name, presentCount) => {
  const { recognition } = row('Flux')
  const group: ModelGroup = { key: 'g', name: 'Flux', kind: 'shards' }
  const shard = registeredRow('Flux', { recognition: { ...recognition, group } })
  const status = { fileCount: 2, presentCount, missing: [] }
  expect(await reportResult([shard], contextOf(status))).toBe(exitCodes[name])
})
