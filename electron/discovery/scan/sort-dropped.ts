import { basename, dirname, resolve } from 'node:path'
import type { SkippedFile } from '../../contract/uploads.ts'
import { extensionOf } from '../../recognition/file-names.ts'
import { findGroup } from '../../recognition/model-groups.ts'
import { isSidecar, modelStems } from '../../recognition/sidecars.ts'
import { mayHoldWorkflow } from '../workflows/workflow-file.ts'

/** More workflows than a person looks at together are not opened; a folder of pictures is no workflow. */
export const mostWorkflows = 20

export interface Dropped {
  /** May hold a workflow, once somebody has looked. */
  readonly workflows: readonly string[]
  /** May hold one as well, and are too many to be looked at. */
  readonly beyond: readonly string[]
  /** May name folders of models. */
  readonly yamls: readonly string[]
  readonly rest: readonly string[]
}

/**
 * Sorts dropped files by their names. A picture or JSON beside a model of the same name is that model's preview or notes and
 * goes with it, whatever else it holds; so does the index of a model in parts.
 */
export function sortDropped(paths: readonly string[]): Dropped {
  const absolute = paths.map((path) => resolve(path))
  const stems = modelStems(absolute)
  // Gathered once: a folder of ten thousand pictures may be dropped.
  const beside = new Map<string, Set<string>>()
  for (const path of absolute) {
    const names = beside.get(dirname(path)) ?? new Set()
    beside.set(dirname(path), names.add(basename(path)))
  }
  const isOfModel = (path: string) => {
    const [name, folder] = [basename(path), dirname(resolve(path))]
    const stem = resolve(path).slice(0, -extensionOf(path).length).toLowerCase()
    // A yaml of a model's name tells how that model is built, in words that could pass for a list of folders.
    const isItsYaml = isYaml(path) && stems.has(stem)
    return (
      isItsYaml ||
      isSidecar(resolve(path), stems) ||
      findGroup(name, beside.get(folder) ?? new Set(), folder) !== null
    )
  }
  const free = paths.filter((path) => (mayHoldWorkflow(path) || isYaml(path)) && !isOfModel(path))
  const candidates = free.filter(mayHoldWorkflow)
  const taken = new Set(free)
  return {
    workflows: candidates.slice(0, mostWorkflows),
    beyond: candidates.slice(mostWorkflows),
    yamls: free.filter(isYaml),
    rest: paths.filter((path) => !taken.has(path)),
  }
}

const isYaml = (path: string) => ['.yaml', '.yml'].includes(extensionOf(path))

/** Why files that were looked into are not added: none of them is a model. */
export function leftAside(
  { workflows, beyond, yamls }: Dropped,
  looked: {
    /** Files that held a workflow or named folders. */
    readonly taken: ReadonlySet<string>
    /** Files of which nobody knows what they hold, since reading them took too long or ended badly. */
    readonly unread: ReadonlySet<string>
  },
): readonly SkippedFile[] {
  const { taken, unread } = looked
  const why = (files: readonly string[], reason: string) =>
    files
      .filter((file) => !taken.has(file))
      .map((file) => ({ name: basename(file), reason: unread.has(file) ? 'workflow-unread' : reason }))
  return [
    ...why(workflows, 'no-workflow'),
    ...why(beyond, 'too-many-workflows'),
    ...why(yamls, 'no-model-folders'),
  ]
}
