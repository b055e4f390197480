import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import * as v from 'valibot'
import type { Failure } from '../../contract/failures.ts'
import { receiptSchema, type Receipt } from '../../contract/receipt.ts'
import type { Verification } from '../../contract/verification.ts'
import { verificationLines } from '../../messages/verification-text.ts'
import { parseJson } from '../../platform/files/parse-json.ts'
import { openRegularFile, readRegularFile } from '../../platform/files/regular-file.ts'
import type { Command } from '../arguments.ts'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { interrupted } from '../interruption.ts'
import { missingPathFailure } from '../missing-path.ts'
import { describeFailure, failureAsJson, t, verificationAsJson, type Streams } from '../output/output.ts'

type VerifyCommand = Extract<Command, { readonly name: 'verify' }>

/** Longer files are no receipts; one receipt takes about 1 KB. */
const maxReceiptBytes = 64 * 1024 * 1024
const maxReceipts = 100_000

/** What is known about the file of a receipt on this computer. */
type LocalCheck =
  | { readonly result: 'same' | 'differs'; readonly path: string }
  /** It was moved or deleted, or is on another computer; the receipt doesn't name its folder. */
  | { readonly result: 'not-found'; readonly path: null }
  | { readonly result: 'unreadable'; readonly path: string }
  | { readonly result: 'missing'; readonly path: string; readonly failure: Failure }

/**
 * Compares the files and the library's records with the receipts in a JSON file. Returns 0 if all of them
 * match (a file that isn't found is no difference), 3 without a sign-in, else 1.
 */
export async function runVerifyCommand(command: VerifyCommand, context: CommandContext): Promise<number> {
  const { interruption, streams } = context
  const receipts = await interruption.race(readReceipts(command.receipt))
  if (receipts === interrupted) return interruption.exitCode
  if (receipts === null) {
    const missing = await missingPathFailure(command.receipt)
    streams.err.line(
      missing
        ? describeFailure(missing)
        : `${command.receipt} isn’t a receipt of Modelferry, or it can’t be read.`,
    )
    return exitCodes.someFailed
  }
  let code: number = exitCodes.ok
  for (const receipt of receipts) {
    const result = await interruption.race(verifyReceipt(receipt, command, context))
    if (result === interrupted) return interruption.exitCode
    report(receipt, result, command.json, streams)
    const ownCode = exitCodeOf(result)
    if (code !== exitCodes.someFailed && ownCode !== exitCodes.ok) code = ownCode
  }
  return code
}

interface Result {
  readonly local: LocalCheck
  readonly library: Verification | Failure
}

async function verifyReceipt(
  receipt: Receipt,
  { receipt: receiptPath, file }: VerifyCommand,
  { engine, interruption }: CommandContext,
): Promise<Result> {
  const library = await engine.calls.verifyReceipt(receipt)
  const local = await checkFile(receipt, { receiptPath, file }, { engine, signal: interruption.signal })
  return { local, library: library.ok ? library.value : library.failure }
}

/**
 * Hashes the given file, or else the first of: the file with this name beside the receipt, and a file of this
 * computer that had these bytes.
 */
async function checkFile(
  { file }: Receipt,
  { receiptPath, file: given }: { readonly receiptPath: string; readonly file: string | null },
  { engine, signal }: Pick<CommandContext, 'engine'> & { readonly signal: AbortSignal },
): Promise<LocalCheck> {
  // A receipt may come from another person: its name must not lead out of the folder.
  const beside = join(dirname(resolve(receiptPath)), basename(file.name))
  const known =
    given === null && !(await exists(beside))
      ? await engine.calls.localFileWith({ sha256: file.sha256 })
      : null
  if (known && !known.ok) return { result: 'not-found', path: null }
  const path = given ?? known?.value ?? beside
  try {
    await using handle = await openRegularFile(path)
    if ((await handle.stat()).size !== file.sizeBytes) return { result: 'differs', path }
    const hash = createHash('sha256')
    for await (const block of handle.createReadStream({ autoClose: false, signal, highWaterMark: 1 << 20 }))
      hash.update(block as Buffer)
    return { result: hash.digest('hex') === file.sha256 ? 'same' : 'differs', path }
  } catch {
    const missing = await missingPathFailure(path)
    return missing ? { result: 'missing', path, failure: missing } : { result: 'unreadable', path }
  }
}

/** One receipt or a list of them; null if the file is neither. */
export async function readReceipts(path: string): Promise<readonly Receipt[] | null> {
  try {
    const value = parseJson(await readRegularFile(path, maxReceiptBytes), maxReceiptBytes)
    const list = v.pipe(v.array(receiptSchema), v.minLength(1), v.maxLength(maxReceipts))
    const parsed = v.safeParse(v.union([list, receiptSchema]), value)
    if (!parsed.success) return null
    return 'receipt' in parsed.output ? [parsed.output] : parsed.output
  } catch {
    return null
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

const isFailure = (library: Verification | Failure): library is Failure => 'code' in library

function exitCodeOf({ local, library }: Result): number {
  if (local.result !== 'same' && local.result !== 'not-found') return exitCodes.someFailed
  if (isFailure(library)) return library.code === 'signed-out' ? exitCodes.notSignedIn : exitCodes.someFailed
  return library.kind === 'verified' ? exitCodes.ok : exitCodes.someFailed
}

function localText(local: LocalCheck): string {
  const { result, path } = local
  if (result === 'missing') return `missing    ${describeFailure(local.failure)}`
  if (result === 'not-found') return 'not found  on this computer; name it with --file'
  return `${result.padEnd(10)} ${path}${result === 'differs' ? ': size or SHA-256 isn’t the receipt’s' : ''}`
}

function localAsJson(local: LocalCheck): object {
  const { result, path } = local
  return result === 'missing' ? { result, path, ...failureAsJson(local.failure) } : { result, path }
}

function report(receipt: Receipt, { local, library }: Result, isJson: boolean, { out }: Streams): void {
  if (isJson) {
    const compared = isFailure(library)
      ? { result: 'failed', ...failureAsJson(library) }
      : verificationAsJson(library)
    return out.json({
      event: 'receipt',
      file: receipt.file.name,
      modelId: receipt.model.id,
      local: localAsJson(local),
      library: compared,
    })
  }
  out.line(`${receipt.file.name} in ${receipt.team.name}`)
  out.line(`  file     ${localText(local)}`)
  const lines = isFailure(library) ? [describeFailure(library)] : verificationLines(library, t)
  for (const line of lines) out.line(`  library  ${line}`)
}
