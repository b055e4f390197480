import { join } from 'node:path'
import type { Result } from '../contract/errors.ts'
import type { AddReport, Target } from '../contract/model.ts'
import type { AddOptions } from './take-in.ts'

/** Adds files of which it is known where they shall go, each as it was named: a link's target may lie anywhere. */
export function addPlaced(
  placed: readonly { readonly path: string; readonly target: Partial<Target> }[],
  add: (paths: readonly string[], options: AddOptions) => Promise<Result<AddReport>>,
  options: Omit<AddOptions, 'targetOf'> = {},
): Promise<Result<AddReport>> {
  const targets = new Map(placed.map(({ path, target }) => [path, target]))
  return add([...targets.keys()], {
    ...options,
    targetOf: ({ place, name, path }) => targets.get(join(place, name)) ?? targets.get(path) ?? {},
  })
}
