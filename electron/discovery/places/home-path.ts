import { posix, win32 } from 'node:path'

/** A path as a person reads it: what lies in their home folder begins with `~`. */
export function homePath(path: string, home: string, platform: NodeJS.Platform): string {
  const { sep } = platform === 'win32' ? win32 : posix
  const root = home.endsWith(sep) ? home.slice(0, -1) : home
  if (path === root) return '~'
  return root !== '' && path.startsWith(root + sep) ? `~${path.slice(root.length)}` : path
}
