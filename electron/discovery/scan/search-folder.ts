import { opendir } from 'node:fs/promises'
import { setTimeout as later } from 'node:timers/promises'
import { walkModels } from './walk-models.ts'
import type { FolderSeen } from '../places/search-task.ts'

/** Each folder has a limit of its own, so that one huge or slow disk does not hide the others. */
const mostEntriesOfFolder = 100_000
const longestWalkMs = 15_000
/** A walk looks at the clock between two folders: a disk that has stopped answering never gets there. */
const graceMs = 3_000

export interface FolderLimits {
  readonly entries: number
  readonly walkMs: number
  readonly graceMs: number
}

const usualLimits: FolderLimits = { entries: mostEntriesOfFolder, walkMs: longestWalkMs, graceMs }

/** All models below a folder, or those that were met before it took too long. Never rejects for what a disk can do. */
export async function searchFolder(
  folder: string,
  limits: FolderLimits = usualLimits,
  lookThrough: typeof look = look,
): Promise<FolderSeen> {
  const given = new AbortController()
  const late = later(limits.walkMs + limits.graceMs, { models: [], cut: 'too-slow' } as const, {
    signal: given.signal,
    ref: false,
  })
  try {
    return await Promise.race([lookThrough(folder, limits), late])
  } finally {
    given.abort()
    // The clock that was stopped rejects, and nobody waits for it any more.
    late.catch(() => undefined)
  }
}

async function look(folder: string, limits: FolderLimits): Promise<FolderSeen> {
  try {
    await (await opendir(folder)).close()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    return { models: [], cut: code === 'ENOENT' || code === 'ENOTDIR' ? 'gone' : 'unreadable' }
  }
  const budget = { entries: limits.entries, untilMs: Date.now() + limits.walkMs }
  const { models, isWhole } = await walkModels(folder, { budget, seen: new Set(), now: Date.now })
  if (isWhole) return { models, cut: null }
  return { models, cut: budget.entries <= 0 ? 'too-many' : 'too-slow' }
}
