import type { Recognition } from '../contract/recognition.ts'
import { formatBytes } from '../contract/size.ts'
import { collectFiles } from '../models/collect.ts'
import type { FoundFile, Inspection } from '../models/found.ts'
import { createInspector } from '../models/inspector.ts'
import { realTimers } from '../desktop/ports.ts'
import { exitCodes } from './exit-codes.ts'
import { explain, told, whySkipped, words, type Streams } from './output.ts'
import { isMessageKey } from '../contract/words.ts'
import { oneLine } from './terminal-text.ts'

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
      const inspections = await Promise.all(some.map((file) => inspector.inspect(file)))
      for (const [index, file] of some.entries()) {
        const inspection = inspections[index] as Inspection
        counts.files += 1
        if (inspection.failure) counts.refused += 1
        const line = json ? JSON.stringify(asJson(file, inspection)) : asText(file, inspection)
        out.write(`${line}\n`)
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

function said({ reason, note }: Recognition): string {
  return [reason, note]
    .flatMap((one) => (one && isMessageKey(one.key) ? [words(one.key, one.params)] : []))
    .join(' ')
}

function asJson(file: FoundFile, { recognition, target, identity, failure }: Inspection): object {
  return {
    event: 'inspected',
    file: file.name,
    folder: file.folder,
    localPath: file.path,
    sizeBytes: identity.sizeBytes,
    format: recognition.format,
    type: recognition.modelType,
    base: recognition.base,
    variant: recognition.variant ?? null,
    reason: said(recognition),
    tensorCount: recognition.tensorCount,
    dtype: recognition.dtype,
    group: recognition.group ?? null,
    path: target.modelPath,
    name: target.displayName,
    refused: failure === null ? null : told(failure),
  }
}

function asText(file: FoundFile, { recognition, target, identity, failure }: Inspection): string {
  const { modelType, base, variant, tensorCount, dtype, format } = recognition
  const facts = [
    [base, variant].filter(Boolean).join(' '),
    modelType ?? 'unknown type',
    format,
    formatBytes(identity.sizeBytes, 'en'),
    tensorCount === null ? '' : `${tensorCount} tensors`,
    dtype ?? '',
  ].filter((fact) => fact !== '')
  const within = file.folder === '' ? file.name : `${file.folder}/${file.name}`
  const lines = [
    `${failure ? 'refused ' : 'sound   '} ${within}: ${facts.join(', ')}`,
    `         ${said(recognition)}`,
    failure ? `         ${explain(failure)}` : `         → ${target.modelPath}`,
  ]
  return lines.map((line) => oneLine(line)).join('\n')
}
