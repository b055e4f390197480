import { basename, dirname, resolve } from 'node:path'
import type { SkippedFile } from '../../contract/uploads.ts'
import { extensionOf } from '../../recognition/file-names.ts'
import { findGroup } from '../../recognition/model-groups.ts'
import { isSidecar, modelStems } from '../../recognition/sidecars.ts'

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
