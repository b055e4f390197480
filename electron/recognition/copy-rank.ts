import { extensionOf } from './file-names.ts'
import { folderEvidence } from './kinds/folder-evidence.ts'

/** Words in the names of folders for copies that are not in use, in lower case. */
const setAsideWords = new Set([
  ...['backup', 'backups', 'bak', 'copy', 'copies', 'old', 'older'],
  ...['tmp', 'temp', 'archive', 'archives', 'archived'],
])
const setAsideTexts = /备份|備份|副本|归档|歸檔|封存/
/** Names that file managers and browsers give to a second copy: `x - Copy`, `x (1)`, `Copy of x`, `x copy 2`. */
const copyName = /^copy of | - copy( \(\d+\))?$| copy( \d+)?$| ?\(\d+\)$|副本/i

/** Whether a folder's name says that its files are not in use, such as `backups` or `old_loras`. */
function isSetAside(folder: string): boolean {
  const words = folder
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .match(/[a-z]+/g)
  return setAsideTexts.test(folder) || (words ?? []).some((word) => setAsideWords.has(word))
}

/**
 * How unlikely workflows are to look for a copy of a model at a path, most important first. ComfyUI lists
 * models by their path below the folder of their type, so shallower paths come first.
 */
function rankOf(path: string): readonly number[] {
  const folders = path.split(/[\\/]/)
  const name = folders.pop() ?? ''
  const evidence = folderEvidence(folders)
  return [
    folders.filter(isSetAside).length,
    evidence ? 0 : 1,
    copyName.test(name.slice(0, name.length - extensionOf(name).length)) ? 1 : 0,
    evidence ? evidence.below.length : folders.length,
  ]
}

const ranks = new Map<string, readonly number[]>()
/** Ranks of about the paths of one drop. */
const maxRanks = 20_000

function cachedRankOf(path: string): readonly number[] {
  const known = ranks.get(path)
  if (known) return known
  if (ranks.size >= maxRanks) ranks.clear()
  const rank = rankOf(path)
  ranks.set(path, rank)
  return rank
}

/**
 * Compares the paths of two copies of a model, on this computer or in the library: negative if workflows
 * rather look for the first one, 0 if there is no difference.
 */
export function compareCopies(one: string, other: string): number {
  const otherRank = cachedRankOf(other)
  const differences = cachedRankOf(one).map((value, index) => value - (otherRank[index] ?? 0))
  return differences.find((difference) => difference !== 0) ?? 0
}
