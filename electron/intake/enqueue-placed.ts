import { join, relative, sep } from 'node:path'
import { cleanLibraryPath } from '../contract/library-path.ts'
import type { Result } from '../contract/failures.ts'
import type { AddReport, Target } from '../contract/uploads.ts'
import type { Placed } from '../discovery/places/placed-file.ts'
import type { EnqueueRequest } from './enqueue.ts'

/**
 * Adds files of which it is known where they shall go, each as it was named: a link's target may lie anywhere. The target of a
 * folder is the folder below which its files go.
 */
export function enqueuePlaced(
  placed: readonly Placed[],
  add: (paths: readonly string[], options: EnqueueRequest) => Promise<Result<AddReport>>,
  options: Omit<EnqueueRequest, 'targetOf'> = {},
): Promise<Result<AddReport>> {
  const targets = new Map(placed.map(({ path, target }) => [path, target]))
  return add([...targets.keys()], {
    ...options,
    targetOf({ place, name, path }) {
      const named = join(place, name)
      return targets.get(named) ?? targets.get(path) ?? belowFolder(placed, named)
    },
  })
}

function belowFolder(placed: readonly Placed[], path: string): Partial<Target> {
  for (const { path: folder, target } of placed) {
    if (target.modelPath === undefined || !path.startsWith(folder + sep)) continue
    const within = relative(folder, path).split(sep).join('/')
    return { ...target, modelPath: cleanLibraryPath(`${target.modelPath}/${within}`) }
  }
  return {}
}
