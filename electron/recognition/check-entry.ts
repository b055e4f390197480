import type { BigIntStats, Dirent } from 'node:fs'
import { join } from 'node:path'
import type { Failure } from '../contract/failures.ts'
import { folderSkipReason, hasModelExtension, skipReasonInFolder } from './file-names.ts'
import { boundaryOf, staysInside } from './link-boundary.ts'
import { findGroup, isDiffusersFile } from './model-groups.ts'
import type { FoundGroup } from './model-groups.ts'
import { isSidecar } from './sidecars.ts'
import { fileFailure } from '../platform/files/file-identity.ts'
import { realpath, stat } from '../platform/files/original-fs.ts'

/** Result of checking one directory entry. */
export interface CheckedEntry {
  readonly entry: Dirent
  /** Why it is skipped, or null. */
  readonly skip: string | null
  /** Null if it was skipped by its name or couldn't be read. */
  readonly facts: BigIntStats | null
  /** Its absolute path, with links resolved unless it is skipped. */
  readonly real: string
  readonly failure: Failure | null
  readonly group: FoundGroup | null
}

/** The folder of an entry, as far as it affects how the entry is classified. */
export interface EntryContext {
  readonly besideModels: boolean
  readonly stems: ReadonlySet<string>
  readonly names: ReadonlySet<string>
  readonly group: FoundGroup | null
  /** The folder that the user added, with links resolved. */
  readonly addedFolder: string
  readonly device: bigint
  readonly platform: NodeJS.Platform
}

/**
 * Checks one entry of the folder `parent`: whether it is skipped, readable, and part of a model of several
 * files.
 */
export async function checkEntry(
  entry: Dirent,
  parent: string,
  context: EntryContext,
): Promise<CheckedEntry> {
  const path = join(parent, entry.name)
  const isLink = entry.isSymbolicLink()
  const group = groupOfEntry(entry.name, parent, context)
  const nameSkip = skipByName(entry, context, group)
  if (nameSkip) return { entry, skip: nameSkip, facts: null, real: path, failure: null, group }
  try {
    const facts = await stat(path, { bigint: true })
    const skip = skipByFacts(entry, facts, context, group)
    const real = isLink && skip === null ? await realpath(path) : path
    const model = facts.isDirectory() ? context.group : group
    const isOutside =
      skip === null && model !== null && leavesModel({ entry, facts, real, parent }, model, context)
    return { entry, skip: isOutside ? 'link-outside' : skip, facts, real, failure: null, group }
  } catch (error) {
    // A dangling link is reported only if its name is that of a model.
    const skip = isLink ? entrySkipReason(entry, false, context, group) : null
    return { entry, skip, facts: null, real: path, failure: fileFailure(error), group }
  }
}

/**
 * Whether an entry of a model is a companion file or a folder somewhere else, through a link or because
 * another file system is mounted there.
 */
function leavesModel(
  found: {
    readonly entry: Dirent
    readonly facts: BigIntStats
    readonly real: string
    readonly parent: string
  },
  model: FoundGroup,
  { addedFolder, device }: EntryContext,
): boolean {
  const { entry, facts, real, parent } = found
  // A mount point of Windows is listed as a link.
  if (facts.isDirectory() && facts.dev !== device) return true
  if (!entry.isSymbolicLink()) return false
  // Recognition decides by the bytes of a file with a model's name.
  if (!facts.isDirectory() && hasModelExtension(entry.name)) return false
  return !staysInside(real, parent, boundaryOf(addedFolder, model.root))
}

function skipByName(entry: Dirent, context: EntryContext, group: FoundGroup | null): string | null {
  const isLink = entry.isSymbolicLink()
  if (!entry.isDirectory() && !entry.isFile() && !isLink) return 'not-a-model'
  return entrySkipReason(entry, entry.isDirectory() || isLink, context, group)
}

function skipByFacts(
  entry: Dirent,
  facts: BigIntStats,
  context: EntryContext,
  group: FoundGroup | null,
): string | null {
  if (entry.isSymbolicLink() && !facts.isDirectory()) {
    const skip = facts.isFile() ? entrySkipReason(entry, false, context, group) : 'not-a-model'
    if (skip !== null) return skip
  }
  return facts.isFile() && isCloudPlaceholder(facts, context.platform) ? 'placeholder' : null
}

/** Why an entry is skipped by its name and its folder, or null. */
function entrySkipReason(
  entry: Dirent,
  isFolder: boolean,
  context: EntryContext,
  group: FoundGroup | null,
): string | null {
  if (isFolder) return folderSkipReason(entry.name, context.besideModels)
  const reason = skipReasonInFolder(entry.name)
  if (reason !== 'not-a-model') return reason
  if (group !== null) return null
  return isSidecar(entry.name, context.stems) ? 'sidecar' : reason
}

/**
 * The model of several files that a file belongs to. The parts of a diffusers model are in subfolders;
 * weights directly beside its index are the same model in one file.
 */
function groupOfEntry(name: string, parent: string, { group, names }: EntryContext): FoundGroup | null {
  const isPart = group !== null && (group.within.length > 0 || !hasModelExtension(name))
  if (isPart) return isDiffusersFile(name) ? group : null
  return findGroup(name, names, parent)
}

/** Smaller files may be stored in their directory entry and have no blocks although they are local. */
const minPlaceholderBytes = 64n * 1024n

/**
 * Whether a file is only in a cloud drive: OneDrive and iCloud show it with its size but without blocks on
 * the disk, and reading it would download it. On Linux a file without blocks is only sparse.
 */
export function isCloudPlaceholder({ size, blocks }: BigIntStats, platform: NodeJS.Platform): boolean {
  return (platform === 'win32' || platform === 'darwin') && size >= minPlaceholderBytes && blocks === 0n
}
