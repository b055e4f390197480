import { access } from 'node:fs/promises'

/** Whether something that can be accessed exists at a path. Never rejects. */
export function pathExists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
