import { opendir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { IncompleteScan } from '../../contract/discovery.ts'
import { walkModels, type LocalModel } from './walk-models.ts'

/** Each folder has a limit of its own, so that one huge or slow disk does not hide the others. */
const maxEntries = 100_000
const maxWalkMs = 15_000
/** A walk checks its time limit only between two folders, which an unresponsive disk never reaches. */
const graceMs = 3_000

export interface FolderLimits {
  readonly entries: number
  readonly walkMs: number
  readonly graceMs: number
}

const defaultLimits: FolderLimits = { entries: maxEntries, walkMs: maxWalkMs, graceMs }

export interface FolderSearchResult {
  readonly models: readonly LocalModel[]
  /** Null if the folder was searched completely; `gone` if it does not exist. */
  readonly incompleteReason: IncompleteScan | 'gone' | null
  /** Folders and files below it that could not be read; they do not make a search incomplete. */
  readonly unread: readonly string[]
}

/** The result for a folder that did not respond at all; a call about it may still be running. */
export const unresponsiveResult: FolderSearchResult = {
  models: [],
  incompleteReason: 'too-slow',
  unread: [],
}

/**
 * All models below a folder, or those that were found within the limits. Never rejects because of the disk.
 */
export async function searchFolder(
  folder: string,
  limits: FolderLimits = defaultLimits,
  walk: typeof walkWithinLimits = walkWithinLimits,
): Promise<FolderSearchResult> {
  const finished = new AbortController()
  const timeout = delay(limits.walkMs + limits.graceMs, unresponsiveResult, {
    signal: finished.signal,
    ref: false,
  })
  try {
    return await Promise.race([walk(folder, limits), timeout])
  } finally {
    finished.abort()
  }
}

async function walkWithinLimits(folder: string, limits: FolderLimits): Promise<FolderSearchResult> {
  try {
    await (await opendir(folder)).close()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const incompleteReason = code === 'ENOENT' || code === 'ENOTDIR' ? 'gone' : 'unreadable'
    return { models: [], incompleteReason, unread: [] }
  }
  const budget = { entries: limits.entries, untilMs: Date.now() + limits.walkMs }
  const walked = await walkModels(folder, { budget, seen: new Set(), now: Date.now })
  const { models, isComplete, unread } = walked
  if (isComplete) return { models, incompleteReason: null, unread }
  return { models, incompleteReason: budget.entries <= 0 ? 'too-many' : 'too-slow', unread }
}
