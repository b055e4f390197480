import { createHash } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CommandContext } from '../../../electron/cli/command-context.ts'
import { runVerifyCommand } from '../../../electron/cli/commands/verify.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import { listenForInterruption } from '../../../electron/cli/interruption.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { receiptOf } from '../../../electron/contract/receipt.ts'
import type { Verification } from '../../../electron/contract/verification.ts'
import { toUploadRow } from '../../../electron/journal/row-view.ts'
import { fakeClient } from '../../support/fake-client.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'
import { registeredRecord } from '../../support/records.ts'

const content = 'weights'
const record = registeredRecord({
  fileName: 'flux.safetensors',
  identity: { sizeBytes: content.length, mtimeNs: 1n, inode: 1n },
  sha256: createHash('sha256').update(content).digest('hex'),
})
const receipt = receiptOf(toUploadRow(record, null))
const verified: Verification = { kind: 'verified', atMs: 1 }
const differing: Verification = { kind: 'differs', differences: [], atMs: 1 }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'receipts-'))
  await writeFile(join(folder, 'receipt.json'), JSON.stringify(receipt))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

interface Options {
  readonly library?: readonly Result<Verification>[]
  /** A file of this computer that had the bytes. */
  readonly known?: string | null
  readonly file?: string | null
  readonly json?: boolean
}

/** What `verify` writes and returns if the library answers this, the last one for all further receipts. */
async function verify({
  library = [success(verified)],
  known = null,
  file = null,
  json = false,
}: Options = {}) {
  const { streams, out } = recordedStreams()
  const answers = [...library]
  let answer = success(verified)
  const engine = fakeClient({
    calls: {
      verifyReceipt: async () => (answer = answers.shift() ?? answer),
      localFileWith: async () => (known === null ? failed(failure('file-missing')) : success(known)),
    },
  })
  const interruption = listenForInterruption(new EventEmitter() as NodeJS.Process, () => undefined)
  const context = { engine, streams, interruption } as Partial<CommandContext> as CommandContext
  const command = { name: 'verify', receipt: join(folder, 'receipt.json'), file, json } as const
  return { code: await runVerifyCommand(command, context), out }
}

const write = (name: string, text: string) => writeFile(join(folder, name), text)

test('reports each receipt of a list, and of several problems a failure before a missing sign-in', async () => {
  await write('receipt.json', JSON.stringify([receipt, receipt, receipt]))
  const signedOut = failed(failure('signed-out'))
  for (const library of [
    [signedOut, success(differing), success(verified)],
    [success(differing), signedOut, success(verified)],
  ]) {
    const { code, out } = await verify({ library, json: true })
    expect([code, out.length]).toEqual([exitCodes.someFailed, 3])
  }
  const { code } = await verify({ library: [success(verified), signedOut, success(verified)] })
  expect(code).toBe(exitCodes.notSignedIn)
})

test('compares a file that is named, or one of this computer that had the bytes', async () => {
  await write('other.gguf', content)
  const path = join(folder, 'other.gguf')
  for (const options of [{ file: path }, { known: path }])
    expect((await verify(options)).out[1]).toBe(`  file     same       ${path}`)
  // The file beside the receipt comes first.
  await write('flux.safetensors', 'Weights')
  expect((await verify({ known: path })).out[1]).toContain(join(folder, 'flux.safetensors'))
})
