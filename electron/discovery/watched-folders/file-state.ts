import { access, open, stat } from 'node:fs/promises'
import { downloadSuffixes } from '../../recognition/file-names.ts'
import type { Look } from './settling.ts'

/** What a file looks like now; null for what is none, or is gone. */
export async function lookAt(path: string): Promise<Look | null> {
  try {
    const facts = await stat(path)
    return facts.isFile() ? { sizeBytes: facts.size, mtimeMs: facts.mtimeMs } : null
  } catch {
    return null
  }
}

/** Whether no folder is there; one that is there and can't be looked at is another matter. */
export async function isGone(folder: string): Promise<boolean> {
  try {
    return !(await stat(folder)).isDirectory()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    return code === 'ENOENT' || code === 'ENOTDIR'
  }
}

/** Nobody holds it locked, and no download manager has left its mark beside it. */
export async function isWhole(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r')).close()
  } catch {
    return false
  }
  const marks = await Promise.all(downloadSuffixes.map((suffix) => exists(path + suffix)))
  return !marks.includes(true)
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
