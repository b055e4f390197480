import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Every file that we put into somebody else's folder says so: one without these words is not ours to touch. */
export const ownershipMark = 'Written by Modelferry'

/** A file in a folder of the desktop: an autostart entry, a script of a file manager. */
export interface OwnedFile {
  readonly path: string
  readonly text: string
  readonly isExecutable?: boolean
}

/** What is there now; null when nothing is, or when it is not ours. */
export async function readOwned({ path }: OwnedFile): Promise<string | null> {
  const text = await readFile(path, 'utf8').catch(() => null)
  return text?.includes(ownershipMark) ? text : null
}

/** Writes the file, unless somebody else's is in its place. @throws what the disk says */
export async function writeOwned(file: OwnedFile): Promise<void> {
  const there = await readFile(file.path, 'utf8').catch(() => null)
  if (there !== null && !there.includes(ownershipMark)) return
  if (there !== file.text) {
    await mkdir(dirname(file.path), { recursive: true })
    await writeFile(file.path, file.text)
  }
  if (file.isExecutable) await chmod(file.path, 0o755)
}

/** Takes the file away if it is ours. @throws what the disk says */
export async function removeOwned(file: OwnedFile): Promise<void> {
  if ((await readOwned(file)) !== null) await rm(file.path, { force: true })
}
