import { expect, test } from 'vitest'
import { reportResult } from '../../../electron/cli/commands/report-result.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import type { UploadContext } from '../../../electron/cli/command-context.ts'
import type { Verification } from '../../../electron/contract/verification.ts'
import { row } from '../../components/support/rows.ts'

test.each<[string, number, Verification]>([
  ['differs', exitCodes.someFailed, { kind: 'differs', differences: [], atMs: 1 }],
  ['is missing', exitCodes.someFailed, { kind: 'not-verified', reason: 'missing', isFinal: true, atMs: 1 }],
  ['could not be read', exitCodes.ok, { kind: 'not-verified', reason: 'timed-out', isFinal: false, atMs: 1 }],
])('if a record %s the exit code is %i', async (_name, code, verification) => {
  const context = { reporter: { finished: () => {} } } as unknown as UploadContext
  expect(await reportResult([row('Flux', { phase: 'registered', verification })], context)).toBe(code)
})
