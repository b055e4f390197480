import { dirname, isAbsolute, relative, sep } from 'node:path'
import type { FoundGroup } from './model-groups.ts'

/** Whether a path is a folder or below it. Both are absolute, and their links are resolved. */
export function isWithin(path: string, folder: string): boolean {
  const relativePath = relative(folder, path)
  return relativePath !== '..' && !relativePath.startsWith(`..${sep}`) && !isAbsolute(relativePath)
}

/**
 * The folder that a link inside a model must not leave: the one that the user added, or the model's own if
 * the model was found outside of it through a link.
 */
export function boundaryOf(addedFolder: string, modelFolder: string): string {
  return isWithin(modelFolder, addedFolder) ? addedFolder : modelFolder
}

/**
 * The folder of a model of several files with links resolved: the root of an added file's model may have links in
 * its path.
 */
export const modelFolderOf = ({ kind, root }: FoundGroup, realFolder: string) =>
  kind === 'diffusers' ? root : realFolder

/**
 * Whether a file or folder is below `boundary`, or a blob of the same model in the cache of Hugging Face
 * (`models--x/snapshots/<revision>/… -> models--x/blobs/<hash>`). An unpacked archive may hold links to any
 * private file, so everything else is followed only to a file whose own bytes are recognised as a model.
 *
 * @param target the file or folder, with links resolved
 * @param folder the folder that lists it, with links resolved
 */
export function staysInside(target: string, folder: string, boundary: string): boolean {
  return isWithin(target, boundary) || dirname(target) === blobFolderOf(folder)
}

function blobFolderOf(folder: string): string | null {
  const parts = folder.split(sep)
  const model = parts.findLastIndex(
    (part, index) => part.startsWith('models--') && parts[index + 1] === 'snapshots',
  )
  return model < 0 ? null : [...parts.slice(0, model + 1), 'blobs'].join(sep)
}
