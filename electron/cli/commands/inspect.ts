import type { Failure } from '../../contract/failures.ts'
import { hasUnreadableFolder, skippedCount } from '../../contract/uploads.ts'
import {
  basesOf,
  confidenceOf,
  evidenceOf,
  type ModelFacts,
  type PrivateContent,
  type Recognition,
} from '../../contract/recognition.ts'
import { formatBytes } from '../../messages/format-size.ts'
import { collectFiles } from '../../discovery/scan/collect-files.ts'
import type { FoundFile, Inspection } from '../../recognition/found-file.ts'
import { companionsOf } from '../../recognition/companions/companion-needs.ts'
import { Inspector } from '../../recognition/inspector.ts'
import { realTimers } from '../../platform/system-environment.ts'
import type { Command } from '../arguments.ts'
import { exitCodes } from '../exit-codes.ts'
import { missingPathFailures } from '../missing-path.ts'
import {
  describeFailure,
  failureAsJson,
  othersText,
  skippedAsJson,
  skipReasonText,
  t,
  type OutputStreams,
} from '../output/output.ts'
import { companionText } from '../output/review-output.ts'
import { isMessageKey, reasonParams, type MessageKey } from '../../messages/messages.ts'

/**
 * Files inspected at the same time: enough to keep the worker busy. The output stays in the order of the
 * arguments.
 */
const batchSize = 32

type InspectCommand = Extract<Command, { readonly name: 'inspect' }>

/**
 * Describes files and folders without a sign-in or an upload. Returns 0 when `upload` would accept all of
 * them, else 1.
 */
export async function runInspectCommand(
  { paths, output }: Pick<InspectCommand, 'paths' | 'output'>,
  worker: URL,
  { out, err }: OutputStreams,
): Promise<number> {
  const inspector = new Inspector(worker, { timers: realTimers })
  const counts = { files: 0, refused: 0 }
  const json = output === 'json'
  try {
    const missing = await missingPathFailures(paths)
    const { files: found, skipped } = await collectFiles(paths)
    const files = found.map((file) => withMissingPath(file, missing.get(file.path)))
    // The reader of the output may have closed the pipe (`| head`).
    for (let start = 0; start < files.length && out.error === null; start += batchSize) {
      const batch = files.slice(start, start + batchSize)
      for (const inspected of await Promise.all(batch.map((file) => inspectFile(file, inspector)))) {
        counts.files += 1
        if (inspected.inspection.failure) counts.refused += 1
        if (json) out.json(asJson(inspected))
        else if (output === 'report') await printReport(inspected, inspector, { out, err })
        else asLines(inspected).forEach(out.line)
      }
    }
    for (const file of output === 'report' ? [] : skipped) {
      if (json) out.json({ event: 'skipped', ...skippedAsJson(file) })
      else out.line(`skipped  ${file.name} (${skipReasonText(file)})${othersText(file)}`)
    }
    if (output === 'text' && counts.files + skippedCount(skipped) > 1) {
      err.line(
        `${fileCount(counts.files, 'model file')}, ${counts.refused} rejected; ${fileCount(skippedCount(skipped), 'file')} skipped.`,
      )
    }
    const isIncomplete = hasUnreadableFolder(skipped)
    return counts.refused > 0 || counts.files === 0 || isIncomplete ? exitCodes.someFailed : exitCodes.ok
  } finally {
    await inspector.close()
  }
}

async function printReport(
  { file, inspection }: InspectedFile,
  inspector: Inspector,
  { out, err }: OutputStreams,
): Promise<void> {
  const report = await inspector.report(file)
  // Each line on its own: the output replaces characters that could control a terminal.
  if (report.ok) report.value.split('\n').forEach(out.line)
  else err.line(`${file.name}: ${describeFailure(inspection.failure ?? report.failure)}`)
}

const withMissingPath = (file: FoundFile, missing: Failure | undefined): FoundFile =>
  missing ? { ...file, failure: missing } : file

const fileCount = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`

interface InspectedFile {
  readonly file: FoundFile
  readonly inspection: Inspection
  /** The file's metadata; null when it can't be read. */
  readonly facts: ModelFacts | null
}

async function inspectFile(file: FoundFile, inspector: Inspector): Promise<InspectedFile> {
  const inspection = await inspector.inspect(file)
  // A file that is missing or timed out would only time out again.
  const isUnreadable = inspection.identity.sizeBytes === 0
  const details = isUnreadable ? null : await inspector.readDetails(file)
  return { file, inspection, facts: details?.facts ?? null }
}

/** False for unknown formats, of which only name and size were checked. */
const isContentInspected = ({ format, tensorCount }: Recognition) =>
  format !== 'other' || tensorCount !== null

const indent = ' '.repeat(9)

function recognitionText({ reason, note }: Recognition): string {
  return [{ ...reason, params: reasonParams(reason.params, t) }, note]
    .flatMap((one) => (one && isMessageKey(one.key) ? [t(one.key, one.params)] : []))
    .join(' ')
}

function asJson({ file, inspection, facts }: InspectedFile): object {
  const { recognition, target, identity, failure } = inspection
  return {
    event: 'inspected',
    file: file.name,
    folder: file.folder,
    localPath: file.path,
    sizeBytes: identity.sizeBytes,
    format: recognition.format,
    lookedInto: isContentInspected(recognition),
    type: recognition.modelType,
    base: recognition.base,
    bases: basesOf(recognition.base),
    variant: recognition.variant ?? null,
    confidence: confidenceOf(recognition),
    evidence: evidenceOf(recognition),
    reason: recognitionText(recognition),
    tensorCount: recognition.tensorCount,
    dtype: recognition.dtype,
    needs: companionsOf(recognition).needs.map(({ role, base, usualName }) => ({ role, base, usualName })),
    group: recognition.group ?? null,
    path: target.modelPath,
    name: target.displayName,
    says: facts && factsAsJson(facts),
    refused: failure === null ? null : failureAsJson(failure),
  }
}

/** Metadata the file doesn't have is `null` or an empty list. */
function factsAsJson({ privateContent, ...rest }: ModelFacts): object {
  return { ...rest, private: privateContent }
}

function asLines({ file, inspection, facts: metadata }: InspectedFile): readonly string[] {
  const { recognition, target, identity, failure } = inspection
  const { group, modelType, base, variant, tensorCount, dtype, format } = recognition
  const facts = [
    [base, variant].filter(Boolean).join(' '),
    modelType ?? 'unknown type',
    format,
    formatBytes(identity.sizeBytes, 'en'),
    tensorCount === null ? '' : `${tensorCount} tensors`,
    dtype ?? '',
  ].filter((fact) => fact !== '')
  const relativePath = file.folder === '' ? file.name : `${file.folder}/${file.name}`
  const accepted = isContentInspected(recognition) ? 'ok' : 'unknown'
  const verdict = failure ? 'rejected' : accepted
  const { needs } = companionsOf(recognition)
  if (failure?.code === 'path-not-found')
    return [`${verdict.padEnd(8)} ${relativePath}`, indent + describeFailure(failure)]
  return [
    `${verdict.padEnd(8)} ${relativePath}: ${facts.join(', ')}`,
    ...(verdict === 'unknown' ? [`${indent}${t('inspect.unread')}`] : []),
    `${indent}${recognitionText(recognition)}`,
    ...(needs.length > 0 ? [`${indent}Needs: ${needs.map(companionText).join(', ')}`] : []),
    ...(group ? [`${indent}${t('inspect.group', { name: group.name, kind: group.kind })}`] : []),
    ...(metadata ? factLines(metadata) : []).map((line) => indent + line),
    indent + (failure ? describeFailure(failure) : `→ ${target.modelPath}`),
  ]
}

/** The case of the message `model.private` for each kind of private content. */
const privateCases: Readonly<Record<PrivateContent, string>> = {
  prompt: 'prompt',
  workflow: 'workflow',
  'local-paths': 'paths',
  'training-texts': 'training',
}

/** Longer descriptions are cut, in characters. */
const maxFactLength = 300

/** The file's metadata, one line per fact that it has, with the labels of the details pane. */
function factLines(facts: ModelFacts): readonly string[] {
  const { dtypes, imports, parameterCount, privateContent } = facts
  const notable = imports.filter(({ level }) => level !== 'innocuous')
  const labelled: readonly (readonly [MessageKey, string | null])[] = [
    [
      'model.imports',
      notable.map(({ name, level }) => `${name} (${t('pickle.level', { level })})`).join(', '),
    ],
    ['model.licence', facts.licence],
    ['model.title', facts.title],
    ['model.author', facts.author],
    ['model.trigger-words', facts.triggerWords.join(', ')],
    ['model.training-base', facts.trainingBase],
    ['model.resolution', facts.resolution],
    ['model.usage', facts.usageHint],
    ['model.prediction', facts.predictionType],
    ['model.quantisation', facts.quantisation],
    ['model.parameters', parameterCount === null ? null : parameterCount.toLocaleString('en')],
    [
      'model.dtypes',
      dtypes.map(({ dtype, sizeBytes }) => `${dtype} ${formatBytes(sizeBytes, 'en')}`).join(', '),
    ],
    ['model.inputs', facts.inputs.join(', ')],
    ['model.producer', facts.producer],
    ['field.date', facts.date],
    ['model.description', facts.description],
    ['model.sidecars', facts.sidecars.join(', ')],
  ]
  return [
    ...privateContent.map((what) => t('model.private', { what: privateCases[what] })),
    ...labelled.flatMap(([key, value]) => (value ? [`${t(key)}: ${truncate(value)}`] : [])),
  ]
}

const truncate = (text: string) => (text.length > maxFactLength ? `${text.slice(0, maxFactLength)}…` : text)
