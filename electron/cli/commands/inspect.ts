import type { ModelFacts, Recognition } from '../../contract/recognition.ts'
import { formatBytes } from '../../messages/format-size.ts'
import { collectFiles } from '../../discovery/scan/collect-files.ts'
import type { FoundFile, Inspection } from '../../recognition/found-file.ts'
import { createInspector, type Inspector } from '../../recognition/inspector.ts'
import { realTimers } from '../../platform/system-environment.ts'
import { exitCodes } from '../exit-codes.ts'
import { factLines, factsAsJson } from '../output/inspection.ts'
import { explain, told, whySkipped, t, type Streams } from '../output/output.ts'
import { isMessageKey } from '../../messages/messages.ts'
import { oneLine } from '../output/terminal-text.ts'

/** Files looked at ahead of the one that is told: enough to keep the thread busy, and the output in the order of the drop. */
const ahead = 32

/**
 * Tells what the app knows of files and folders, without sending anything and without anybody signed in. Answers 0 when
 * `upload` would take all of them, else 1.
 */
export async function runInspectCommand(
  { paths, json }: { readonly paths: readonly string[]; readonly json: boolean },
  worker: URL,
  { out, err }: Streams,
): Promise<number> {
  const inspector = createInspector(worker, realTimers)
  const counts = { files: 0, refused: 0 }
  try {
    const { files, skipped } = await collectFiles(paths)
    for (let start = 0; start < files.length; start += ahead) {
      const some = files.slice(start, start + ahead)
      for (const looked of await Promise.all(some.map((file) => lookAt(file, inspector)))) {
        counts.files += 1
        if (looked.inspection.failure) counts.refused += 1
        out.write(`${json ? JSON.stringify(asJson(looked)) : asText(looked)}\n`)
      }
    }
    for (const { name, reason } of skipped) {
      if (json) out.write(`${JSON.stringify({ event: 'skipped', file: name, reason })}\n`)
      else out.write(`${oneLine(`skipped  ${name} (${whySkipped(reason)})`)}\n`)
    }
    if (!json && counts.files + skipped.length > 1) {
      err.write(
        `${counts.files} model files, ${counts.refused} of them refused; ${skipped.length} files skipped.\n`,
      )
    }
    return counts.refused > 0 || counts.files === 0 ? exitCodes.someFailed : exitCodes.ok
  } finally {
    await inspector.close()
  }
}

interface Looked {
  readonly file: FoundFile
  readonly inspection: Inspection
  /** All that it says of itself; null when it can't be read. */
  readonly facts: ModelFacts | null
}

async function lookAt(file: FoundFile, inspector: Inspector): Promise<Looked> {
  const inspection = await inspector.inspect(file)
  // What could not be looked into in time, or isn't there, would only be waited for once more.
  const isClosed = inspection.identity.sizeBytes === 0
  const closer = isClosed ? null : await inspector.lookCloser(file)
  return { file, inspection, facts: closer?.facts ?? null }
}

/** Whether the format is one of which anything is known: else only its name and size were looked at. */
const isLookedInto = ({ format, tensorCount }: Recognition) => format !== 'other' || tensorCount !== null

const indent = ' '.repeat(9)

function said({ reason, note }: Recognition): string {
  return [reason, note]
    .flatMap((one) => (one && isMessageKey(one.key) ? [t(one.key, one.params)] : []))
    .join(' ')
}

function asJson({ file, inspection, facts }: Looked): object {
  const { recognition, target, identity, failure } = inspection
  return {
    event: 'inspected',
    file: file.name,
    folder: file.folder,
    localPath: file.path,
    sizeBytes: identity.sizeBytes,
    format: recognition.format,
    lookedInto: isLookedInto(recognition),
    type: recognition.modelType,
    base: recognition.base,
    variant: recognition.variant ?? null,
    reason: said(recognition),
    tensorCount: recognition.tensorCount,
    dtype: recognition.dtype,
    group: recognition.group ?? null,
    path: target.modelPath,
    name: target.displayName,
    says: facts && factsAsJson(facts),
    refused: failure === null ? null : told(failure),
  }
}

function asText({ file, inspection, facts: says }: Looked): string {
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
  const within = file.folder === '' ? file.name : `${file.folder}/${file.name}`
  const verdict = failure ? 'refused' : isLookedInto(recognition) ? 'sound' : 'unread'
  const lines = [
    `${verdict.padEnd(8)} ${within}: ${facts.join(', ')}`,
    ...(verdict === 'unread' ? [`${indent}${t('inspect.unread')}`] : []),
    `${indent}${said(recognition)}`,
    ...(group ? [`${indent}${t('inspect.group', { name: group.name, kind: group.kind })}`] : []),
    ...(says ? factLines(says) : []).map((line) => indent + line),
    indent + (failure ? explain(failure) : `→ ${target.modelPath}`),
  ]
  return lines.map((line) => oneLine(line)).join('\n')
}
