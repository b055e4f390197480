import type { NeededModelView, WorkflowView } from '../../contract/discovery.ts'
import type { ResolvedNeed } from './resolve-needed-models.ts'

/** How a need is shown; its id is its place in the list. */
export function toNeedView(
  { need, stand, by, isDisabled, sizeBytes, file, failed }: ResolvedNeed,
  at: number,
  words: (path: string) => string,
): NeededModelView {
  const { name, modelType, isOff, url, isFolder = false } = need
  return {
    ...{ id: String(at), name, modelType, stand, by, isDisabled, isOff, url, sizeBytes, isFolder, failed },
    where: file ? words(file.path) : null,
  }
}

/** Folders that were not looked through to their end. One that isn't there any more is no news. */
export function unseenIn(
  seen: ReadonlyMap<string, WorkflowView['unseen'][number]['why'] | 'gone' | null>,
  words: (path: string) => string,
): WorkflowView['unseen'] {
  return [...seen].flatMap(([folder, why]) =>
    why === null || why === 'gone' ? [] : [{ where: words(folder), why }],
  )
}
