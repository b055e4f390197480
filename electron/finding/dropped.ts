import { basename } from 'node:path'
import { extensionOf, hasModelExtension } from '../models/file-names.ts'
import { mayHoldWorkflow } from '../models/workflow-file.ts'

/** More workflows than a person looks at together are not opened; a folder of pictures is no workflow. */
const mostWorkflows = 20

export interface Dropped {
  /** May hold a workflow, once somebody has looked. */
  readonly workflows: readonly string[]
  /** May name folders of models. */
  readonly yamls: readonly string[]
  readonly rest: readonly string[]
}

/**
 * Sorts what was dropped by its names. A picture or JSON beside a model of the same name is that model's preview or notes and
 * goes with it, whatever else it holds.
 */
export function sortDropped(paths: readonly string[]): Dropped {
  const stems = paths
    .map((path) => basename(path))
    .filter(hasModelExtension)
    .map(withoutExtension)
  const isSidecar = (name: string) => stems.some((stem) => name.startsWith(`${stem}.`))
  const workflows = paths
    .filter((path) => mayHoldWorkflow(path) && !isSidecar(basename(path)))
    .slice(0, mostWorkflows)
  const yamls = paths.filter(
    (path) => ['.yaml', '.yml'].includes(extensionOf(path)) && !isSidecar(basename(path)),
  )
  const taken = new Set([...workflows, ...yamls])
  return { workflows, yamls, rest: paths.filter((path) => !taken.has(path)) }
}

const withoutExtension = (name: string) => name.slice(0, name.length - extensionOf(name).length)
