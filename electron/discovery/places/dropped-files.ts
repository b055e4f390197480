import { basename, dirname, resolve } from 'node:path'
import type { TeamChoice } from '../../contract/account.ts'
import { success, type Result } from '../../contract/failures.ts'
import type { AddReport, SkippedFile } from '../../contract/uploads.ts'
import { stat } from '../../platform/files/original-fs.ts'
import { extensionOf } from '../../recognition/file-names.ts'
import { findGroup } from '../../recognition/model-groups.ts'
import { isSidecar, modelStems } from '../../recognition/sidecars.ts'
import type { Workflows } from '../workflows/workflows.ts'
import type { FoundPlaces } from './found-places.ts'
import type { RecentFolders } from './recent-folders.ts'

/** A folder of images is not opened as hundreds of workflows. */
const maxWorkflows = 20

export interface DroppedFiles {
  /** JSON and media files that may hold a workflow. */
  readonly workflowCandidates: readonly string[]
  /** Further candidates beyond `maxWorkflows`; they are not opened. */
  readonly excessCandidates: readonly string[]
  /** Yaml files that may list model folders. */
  readonly yamlFiles: readonly string[]
  /** Everything else: models and their sidecars. */
  readonly modelPaths: readonly string[]
}

/**
 * Sorts dropped files by their names into workflows, yaml files and models. An image, JSON or yaml file
 * beside a model of the same name belongs to that model, whatever it contains, and so does the index of a
 * sharded model.
 */
export function classifyDropped(paths: readonly string[]): DroppedFiles {
  const absolute = paths.map((path) => resolve(path))
  const stems = modelStems(absolute)
  // Collected once, since thousands of files of one folder may be dropped.
  const namesByFolder = new Map<string, Set<string>>()
  for (const path of absolute) {
    const names = namesByFolder.get(dirname(path)) ?? new Set()
    namesByFolder.set(dirname(path), names.add(basename(path)))
  }
  const belongsToModel = (path: string) => {
    const [name, folder] = [basename(path), dirname(resolve(path))]
    const stem = resolve(path).slice(0, -extensionOf(path).length).toLowerCase()
    // A yaml file with a model's name is that model's configuration, which could be mistaken for a list of
    // folders.
    const isModelConfig = isYaml(path) && stems.has(stem)
    return (
      isModelConfig ||
      isSidecar(resolve(path), stems) ||
      findGroup(name, namesByFolder.get(folder) ?? new Set(), folder) !== null
    )
  }
  const candidates = paths.filter((path) => (mayHoldWorkflow(path) || isYaml(path)) && !belongsToModel(path))
  const workflowCandidates = candidates.filter(mayHoldWorkflow)
  const isCandidate = new Set(candidates)
  return {
    workflowCandidates: workflowCandidates.slice(0, maxWorkflows),
    excessCandidates: workflowCandidates.slice(maxWorkflows),
    yamlFiles: candidates.filter(isYaml),
    modelPaths: paths.filter((path) => !isCandidate.has(path)),
  }
}

const isYaml = (path: string) => ['.yaml', '.yml'].includes(extensionOf(path))

/** The formats in which ComfyUI and its nodes store workflows. */
const workflowExtensions = new Set([
  ...['.json', '.png', '.webp', '.jpg', '.jpeg', '.avif', '.svg'],
  ...['.mp4', '.mov', '.m4v', '.webm', '.mkv'],
  ...['.flac', '.mp3', '.ogg', '.opus'],
  ...['.glb', '.latent'],
])

/** By its name alone, before the file is opened. */
const mayHoldWorkflow = (path: string) => workflowExtensions.has(extensionOf(path))

/** Why dropped files that are not models were neither opened nor enqueued. */
export function skippedFiles(
  { workflowCandidates, excessCandidates, yamlFiles }: DroppedFiles,
  outcome: {
    /** Files that held a workflow or listed model folders. */
    readonly used: ReadonlySet<string>
    /** Files that could not be checked, because reading took too long or crashed. */
    readonly unread: ReadonlySet<string>
  },
): readonly SkippedFile[] {
  const { used, unread } = outcome
  const skip = (files: readonly string[], reason: string) =>
    files
      .filter((file) => !used.has(file))
      .map((file) => ({ name: basename(file), reason: unread.has(file) ? 'workflow-unread' : reason }))
  return [
    ...skip(workflowCandidates, 'no-workflow'),
    ...skip(excessCandidates, 'too-many-workflows'),
    ...skip(yamlFiles, 'no-model-folders'),
  ]
}

/**
 * Opens dropped workflows, for the team if one is named, adds the folders that dropped yaml files list, and
 * passes everything else to `enqueue`.
 */
export function createDropHandler({
  workflows,
  foundPlaces,
  recentFolders,
}: {
  readonly workflows: Pick<Workflows, 'open'>
  readonly foundPlaces: Pick<FoundPlaces, 'addExtraPaths'>
  readonly recentFolders: Pick<RecentFolders, 'add'>
}) {
  return async (
    paths: readonly string[],
    enqueue: (paths: readonly string[]) => Promise<Result<AddReport>>,
    team?: TeamChoice,
  ): Promise<Result<AddReport>> => {
    const folders = await foldersAmong(paths)
    for (const folder of folders) recentFolders.add(folder)
    const dropped = classifyDropped(paths.filter((path) => !folders.has(path)))
    const opened =
      dropped.workflowCandidates.length > 0 ? await workflows.open(dropped.workflowCandidates, team) : null
    const extraPathsFiles: string[] = []
    for (const file of dropped.yamlFiles)
      if (await foundPlaces.addExtraPaths(file)) extraPathsFiles.push(file)
    const modelPaths = new Set(dropped.modelPaths)
    const toEnqueue = paths.filter((path) => folders.has(path) || modelPaths.has(path))
    const report =
      toEnqueue.length > 0 ? await enqueue(toEnqueue) : success({ added: 0, refused: 0, skipped: [] })
    if (!report.ok) return report
    const skipped = skippedFiles(dropped, {
      used: new Set([...(opened?.files ?? []), ...extraPathsFiles]),
      unread: new Set(opened?.unread),
    })
    return success({
      ...report.value,
      skipped: [...report.value.skipped, ...skipped],
      ...(opened?.id ? { workflow: opened.id } : {}),
      ...(extraPathsFiles.length > 0 ? { hasFoundPlaces: true as const } : {}),
    })
  }
}

async function foldersAmong(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const folders = new Set<string>()
  for (const path of paths) {
    // A path that can't be read is reported when it is enqueued.
    const isFolder = await stat(path).then(
      (stats) => stats.isDirectory(),
      () => false,
    )
    if (isFolder) folders.add(path)
  }
  return folders
}
