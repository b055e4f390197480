import { access } from 'node:fs/promises'

/** Whether something that can be accessed exists at a path. Never rejects. */
export function pathExists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Whether a file operation failed because there is nothing at the path. */
export const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'
