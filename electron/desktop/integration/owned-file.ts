import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Marks the files the app has written to shared folders; other files are never changed. */
export const ownershipMark = 'Written by Modelferry'

/** A file in a shared folder, such as an autostart entry or a file manager's script. */
export interface OwnedFile {
  readonly path: string
  readonly text: string
  readonly isExecutable?: boolean
}

/** The current content; null when the file is missing or not owned by the app. */
export async function readOwned({ path }: OwnedFile): Promise<string | null> {
  const text = await readFile(path, 'utf8').catch(() => null)
  return text?.includes(ownershipMark) ? text : null
}

/** Writes the file, unless a file that the app does not own is in its place. @throws file system errors */
export async function writeOwned(file: OwnedFile): Promise<void> {
  const current = await readFile(file.path, 'utf8').catch(() => null)
  if (current !== null && !current.includes(ownershipMark)) return
  if (current !== file.text) {
    await mkdir(dirname(file.path), { recursive: true })
    await writeFile(file.path, file.text)
  }
  if (file.isExecutable) await chmod(file.path, 0o755)
}

/** Removes the file if the app owns it. @throws file system errors */
export async function removeOwned(file: OwnedFile): Promise<void> {
  if ((await readOwned(file)) !== null) await rm(file.path, { force: true })
}
