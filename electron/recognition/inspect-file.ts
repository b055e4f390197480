import type { BigIntStats } from 'node:fs'
import { access, open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { basename, dirname, sep } from 'node:path'
import process from 'node:process'
import { failure } from '../contract/failures.ts'
import type { Failure } from '../contract/failures.ts'
import { failureOfFile } from './file-check.ts'
import { downloadSuffixes, isDownloading } from './file-names.ts'
import { folderEvidence } from './kinds/folder-evidence.ts'
import { noIdentity } from './found-file.ts'
import type { FileToInspect, Identity, Inspection } from './found-file.ts'
import { formatOfName, readContent } from './read-content.ts'
import type { Content } from './read-content.ts'
import { hasThumbnail } from './metadata/preview.ts'
import { isOnlyInCloud } from './cloud-placeholder.ts'
import { findSidecars } from './sidecars.ts'
import { asPartOfDiffusers, lookAround, withGroup, type Pipeline } from './group-evidence.ts'
import { recognise } from './recognise.ts'
import { diffusersTarget, suggestTarget } from './suggest-target.ts'

/**
 * Says what a file is, where it should go, and why it is refused if it is. Reads a few hundred kilobytes, or as much as its
 * header takes. Never rejects for anything that a file or disk can do.
 */
export async function inspectFile(
  path: string,
  seen: Omit<FileToInspect, 'path'> = { folder: '' },
  platform: NodeJS.Platform = process.platform,
): Promise<Inspection> {
  if (seen.failure) return refuse({ path, ...seen }, seen.failure)
  const met = await withGroup({ path, ...seen })
  const name = seen.name ?? basename(path)
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    return refuse(met, failureOfFile(error))
  }
  try {
    const before = await file.stat({ bigint: true })
    if (!before.isFile()) return refuse(met, failure('file-unreadable'))
    const identity = identityOf(before)
    // Reading would fetch all of it.
    if (isOnlyInCloud(before, platform)) {
      return conclude(met, unread(name, failure('file-placeholder')), identity)
    }
    if (isDownloading(name) || (await hasDownloadBeside(path))) {
      return conclude(met, unread(name, failure('file-downloading')), identity)
    }
    const content = await readContent(file, name, identity.sizeBytes)
    const moved = isMoved(before, await file.stat({ bigint: true }))
    const said = moved ? { ...content, failure: failure('file-downloading') } : content
    const hasPreview = hasThumbnail(content.header) || (await findSidecars(met)).picture !== null
    const around = await lookAround(met, said)
    return conclude(met, around.content, identity, { hasPreview, pipeline: around.pipeline })
  } catch (error) {
    return refuse(met, failureOfFile(error))
  } finally {
    await file.close()
  }
}

/** A row for a file that could not be looked into. */
export function refuse(file: FileToInspect, reason: Failure): Inspection {
  return conclude(file, unread(file.name ?? basename(file.path), reason), noIdentity)
}

function unread(name: string, reason: Failure): Content {
  return { format: formatOfName(name), header: null, kind: null, failure: reason }
}

function conclude(
  file: FileToInspect,
  content: Content,
  identity: Identity,
  { hasPreview, pipeline }: Beside = { hasPreview: false, pipeline: null },
): Inspection {
  const name = file.name ?? basename(file.path)
  const folder = folderEvidence((file.place ?? dirname(file.path)).split(sep))
  const { group } = file
  const recognition = {
    ...(group?.kind === 'diffusers'
      ? asPartOfDiffusers(recognise({ ...content, name, folder }), group, pipeline)
      : recognise({ ...content, name: group?.kind === 'external' ? `${group.name}.onnx` : name, folder })),
    ...(hasPreview ? { hasPreview } : {}),
    ...(group ? { group: { key: group.key, name: group.name, kind: group.kind } } : {}),
  }
  if (group?.kind === 'diffusers') {
    const target = diffusersTarget(group, name)
    return { recognition, target, identity, failure: content.failure }
  }
  const target = suggestTarget({
    name,
    folder: file.folder,
    modelType: recognition.modelType,
    evidence: folder,
    title: content.header?.metadata.get('modelspec.title') ?? null,
  })
  return { recognition, target, identity, failure: content.failure }
}

/** What was found around a file. */
interface Beside {
  readonly hasPreview: boolean
  readonly pipeline: Pipeline | null
}

function identityOf(facts: BigIntStats): Identity {
  return { sizeBytes: Number(facts.size), mtimeNs: facts.mtimeNs, inode: facts.ino }
}

function isMoved(before: BigIntStats, after: BigIntStats): boolean {
  return before.size !== after.size || before.mtimeNs !== after.mtimeNs
}

/** Download managers keep their notes, or the bytes themselves, beside the name that they reserve. */
async function hasDownloadBeside(path: string): Promise<boolean> {
  const found = await Promise.all(downloadSuffixes.map((suffix) => exists(path + suffix)))
  return found.includes(true)
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}
