import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Team, TeamChoice } from '../../contract/account.ts'
import { success, type Result } from '../../contract/failures.ts'
import type { UploadConfirmation } from '../../contract/discovery.ts'
import { targetBeside, type AddReport } from '../../contract/uploads.ts'
import { otherGroupFiles } from '../../recognition/model-groups.ts'
import type { FileWithTarget } from './file-with-target.ts'

/** Asks the user in a dialog whose text the page cannot change; true if the user agrees. */
export type ConfirmUpload = (question: UploadConfirmation) => Promise<boolean>

/** Puts files into the queue of a team, each with the part of its target that is known in advance. */
export type EnqueueFiles = (
  files: readonly FileWithTarget[],
  team: TeamChoice | null,
  options?: EnqueueOptions,
) => Promise<Result<AddReport>>

export interface EnqueueOptions {
  readonly signal?: AbortSignal
  /** Called with the uploads of the files, which the queue may have had before. */
  readonly onUploads?: (ids: readonly string[], how: 'added' | 'continued' | 'queued') => void
}

export interface UploadDestination {
  readonly choice: TeamChoice
  readonly team: Team
  /** Host of the team's server, with its port unless it is the default one. */
  readonly server: string
}

/** A file or folder to upload, with the size that the user is asked about. */
interface SizedFile extends FileWithTarget {
  readonly sizeBytes: number
}

/**
 * Enqueues files that the app has found, with the rest of their models, once the user has confirmed their
 * number, team and server; null if the user declines. Exactly the confirmed files are enqueued, even if the
 * search or the selected team changes meanwhile.
 */
export async function enqueueAfterConfirmation(
  files: readonly SizedFile[],
  destination: UploadDestination | null,
  { confirm, enqueue }: { readonly confirm: ConfirmUpload; readonly enqueue: EnqueueFiles },
): Promise<Result<AddReport | null>> {
  // Without a team nothing can be sent; enqueueing reports that.
  if (destination === null) return enqueue(files, null)
  const { choice, team, server } = destination
  const complete = await addGroupFiles(files)
  const sizeBytes = complete.reduce((sum, file) => sum + file.sizeBytes, 0)
  const isConfirmed = await confirm({ count: complete.length, sizeBytes, team: team.name, server })
  return isConfirmed ? enqueue(complete, choice) : success(null)
}

/** Adds the other shards and the index of each shard, and the other files of a graph with external weights. */
async function addGroupFiles(files: readonly SizedFile[]): Promise<readonly SizedFile[]> {
  const namesByFolder = new Map<string, ReadonlySet<string>>()
  const complete = new Map(files.map((file) => [file.path, file]))
  for (const { path, target, searchedFolder } of files) {
    const folder = dirname(path)
    const names = namesByFolder.get(folder) ?? new Set(await readdir(folder).catch(() => []))
    namesByFolder.set(folder, names)
    for (const name of otherGroupFiles(basename(path), names)) {
      const other = join(folder, name)
      if (complete.has(other)) continue
      const stats = await stat(other).catch(() => null)
      if (!stats?.isFile()) continue
      const sizeBytes = stats.size
      complete.set(other, { path: other, target: targetBeside(target, name), sizeBytes, searchedFolder })
    }
  }
  return [...complete.values()]
}
