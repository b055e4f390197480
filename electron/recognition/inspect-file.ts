import type { BigIntStats } from 'node:fs'
import { lstat, realpath } from 'node:fs/promises'
import { basename, dirname, sep } from 'node:path'
import process from 'node:process'
import { failure, remedyOf, type Failure } from '../contract/failures.ts'
import type { Recognition } from '../contract/recognition.ts'
import {
  fileFailure,
  identityOf,
  isLink,
  readSample,
  type FileIdentity,
} from '../platform/files/file-identity.ts'
import { createBufferPool } from '../platform/files/buffer-pool.ts'
import { createFileOpener, readFull } from '../platform/files/regular-file.ts'
import { isCloudPlaceholder } from './check-entry.ts'
import { isPartialDownload } from './file-names.ts'
import { fileSource, withHead } from './formats/byte-source.ts'
import { folderEvidence, unknownTypeFolder, type FolderEvidence } from './kinds/folder-evidence.ts'
import { unknownIdentity } from './found-file.ts'
import type { FileToInspect, Inspection } from './found-file.ts'
import { formatByName, headBytes, readContent } from './read-content.ts'
import type { FileContent } from './read-content.ts'
import { boundaryOf, modelFolderOf, staysInside } from './link-boundary.ts'
import { findPrivateContent, headerLicence } from './metadata/facts.ts'
import { hasThumbnail } from './metadata/preview.ts'
import { readSidecars } from './metadata/sidecar-text.ts'
import { toDisplayText } from './metadata/display-text.ts'
import { findSidecars, hasDownloadBeside } from './sidecars.ts'
import { asDiffusersPart, addGroupEvidence, addGroup, type Pipeline } from './group-evidence.ts'
import { recognise } from './recognise.ts'
import { diffusersTarget, suggestTarget } from './suggest-target.ts'

const openFile = createFileOpener()
type OpenedFile = Awaited<ReturnType<typeof openFile>>
const headBuffers = createBufferPool(headBytes)

/**
 * Inspects a file: what it is, its suggested library path, and why it is refused, if it is. Reads a few
 * hundred kilobytes, or as much as its header takes. File system errors become failures.
 */
export async function inspectFile(
  path: string,
  seen: Omit<FileToInspect, 'path'> = { folder: '' },
  platform: NodeJS.Platform = process.platform,
): Promise<Inspection> {
  if (seen.failure) return refusedInspection({ path, ...seen }, seen.failure)
  const found = await addGroup({ path, ...seen })
  const name = seen.name ?? basename(path)
  let opened: OpenedFile
  try {
    opened = await openFile(path)
  } catch (error) {
    // The path had no links when the file was found.
    const reason = (await isLink(path)) ? failure('file-link', { name }) : fileFailure(error)
    return refusedInspection(found, reason)
  }
  const { handle: file, stats: before } = opened
  try {
    const identity = identityOf(before)
    // Reading would download the whole file.
    if (isCloudPlaceholder(before, platform)) {
      return createInspection(found, unreadContent(name, failure('file-placeholder')), identity)
    }
    if (isPartialDownload(name) || (await hasDownloadBeside(path))) {
      return createInspection(found, unreadContent(name, failure('file-downloading')), identity)
    }
    return await headBuffers.use((buffer) => inspectBytes({ path, ...seen }, found, opened, buffer))
  } catch (error) {
    return refusedInspection(found, fileFailure(error))
  } finally {
    await file.close()
  }
}

/** Inspects an open file; `buffer` is for its first bytes. */
async function inspectBytes(
  seen: FileToInspect,
  found: FileToInspect,
  { handle: file, stats: before }: OpenedFile,
  buffer: Buffer,
): Promise<Inspection> {
  const identity = identityOf(before)
  const { sizeBytes } = identity
  const head = buffer.subarray(0, await readFull(file, buffer, Math.min(headBytes, sizeBytes), 0))
  const source = withHead(fileSource(file, sizeBytes), head)
  const content = await readContent(source, seen.name ?? basename(seen.path))
  if (seen.isHeaderOnly) return createInspection(found, content, identity)
  const sample = await readSample(file, sizeBytes, head)
  const isGrowing = hasChanged(before, await file.stat({ bigint: true }))
  const grown = isGrowing ? { ...content, failure: failure('file-downloading') } : content
  const sidecars = await findSidecars(found)
  const hasPreview = hasThumbnail(content.header) || sidecars.picture !== null
  const licence = headerLicence(content.header) ?? (await readSidecars(sidecars.texts)).licence
  const evidence = await addGroupEvidence(found, grown)
  const checked = await checkPlace(seen, evidence.content, before)
  const findings = { hasPreview, licence, pipeline: evidence.pipeline }
  return createInspection(found, checked, { ...identity, sample }, findings)
}

/**
 * Asks about a model outside of the added folder, and refuses other files there, since the link to them may have been
 * unpacked from an archive: those that aren't recognised by their own bytes, and those that need another decision.
 */
async function checkPlace(
  file: FileToInspect,
  content: FileContent,
  opened: BigIntStats,
): Promise<FileContent> {
  const { path, boundary: addedFolder, isNamed } = file
  const isRecognised = content.header !== null || content.isPytorchZip === true
  if (addedFolder === undefined || (isNamed && isRecognised)) return content
  // A file that is refused for good is not sent either, and its own reason says more.
  if (content.failure !== null && remedyOf(content.failure) !== 'allow') return content
  const folder = file.place ?? dirname(path)
  const realFolder = await realpath(folder).catch(() => folder)
  const real = await realPathOf(path, opened)
  if (real !== null && staysInside(real, realFolder, addedFolder)) return content
  const mayBeAccepted = content.failure === null && (isRecognised || isOfModel(real, realFolder, file))
  return {
    ...content,
    failure:
      real !== null && mayBeAccepted
        ? failure('file-outside', { path: real })
        : failure('file-link', { name: file.name ?? basename(path) }),
  }
}

/** Whether a file is in the folder of the model that it belongs to, wherever that is. */
function isOfModel(
  real: string | null,
  realFolder: string,
  { group, boundary = '' }: FileToInspect,
): boolean {
  if (real === null || !group) return false
  return staysInside(real, realFolder, boundaryOf(boundary, modelFolderOf(group, realFolder)))
}

/**
 * The path of an opened file with links resolved, since a folder above it may have been replaced by a link;
 * null if another file is there by now.
 */
async function realPathOf(path: string, opened: BigIntStats): Promise<string | null> {
  try {
    const real = await realpath(path)
    const { dev, ino } = await lstat(real, { bigint: true })
    return dev === opened.dev && ino === opened.ino ? real : null
  } catch {
    return null
  }
}

/** The inspection of a file that couldn't be read. */
export function refusedInspection(file: FileToInspect, reason: Failure): Inspection {
  return createInspection(file, unreadContent(file.name ?? basename(file.path), reason), unknownIdentity)
}

function unreadContent(name: string, reason: Failure): FileContent {
  return { format: formatByName(name), header: null, kind: null, failure: reason }
}

function createInspection(
  file: FileToInspect,
  content: FileContent,
  identity: FileIdentity,
  { hasPreview, licence, pipeline }: FolderFindings = { hasPreview: false, licence: null, pipeline: null },
): Inspection {
  const name = file.name ?? basename(file.path)
  const folder = folderOf(file, content)
  const { group } = file
  const recognition = {
    ...(group?.kind === 'diffusers'
      ? asDiffusersPart(recognise({ ...content, name, folder }), group, pipeline)
      : recognise({ ...content, name: group?.kind === 'external' ? `${group.name}.onnx` : name, folder })),
    ...(hasPreview ? { hasPreview } : {}),
    ...(isScannedWithoutCode(content) ? { hasNoCode: true as const } : {}),
    ...disclosures(content, licence),
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

/** An unknown folder counts only if the content shows no type. */
function folderOf({ path, place }: FileToInspect, { kind }: FileContent): FolderEvidence | null {
  const folders = (place ?? dirname(path)).split(sep)
  return folderEvidence(folders) ?? (kind ? null : unknownTypeFolder(folders))
}

/** Every import of a file without failure is harmless, see `failureOfScan` in `pickle/pytorch.ts`. */
const isScannedWithoutCode = ({ format, imports, failure: reason }: FileContent) =>
  format === 'pytorch' && imports !== undefined && reason === null

/** What the user may have to decide about before others get the file. */
function disclosures(
  { header }: FileContent,
  licence: string | null,
): Pick<Recognition, 'privateContent' | 'licence'> {
  const privateContent = header ? findPrivateContent(header.metadata) : []
  return {
    ...(privateContent.length > 0 ? { privateContent } : {}),
    ...(licence === null ? {} : { licence: toDisplayText(licence, maxLicenceLength) }),
  }
}

/** Rows carry the licence: enough for a name or an address. */
const maxLicenceLength = 100

/** Findings from the file's folder, and the licence from there or from the header. */
interface FolderFindings {
  readonly licence: string | null
  readonly hasPreview: boolean
  readonly pipeline: Pipeline | null
}

function hasChanged(before: BigIntStats, after: BigIntStats): boolean {
  return before.size !== after.size || before.mtimeNs !== after.mtimeNs
}
