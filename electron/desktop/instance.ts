import { app } from 'electron'
import { existsSync } from 'node:fs'
import process from 'node:process'
import type { Log } from '../contract/ports.ts'
import { pathsFromArguments } from './opened-files.ts'

/** What another start, the dock or the file manager gives to this one. */
export interface Handed {
  /** `paths` may be empty: then the person only wants to see the window. */
  readonly onFiles: (paths: readonly string[]) => void
}

export interface Instance {
  /** Hands over what came in since the start, and from now on everything at once. */
  listen(handed: Handed): void
}

/**
 * One app per data folder. A second start hands its files to the first and ends; null then. It listens before `ready`, since
 * macOS may open a file before that.
 */
export function setupInstance(log: Log): Instance | null {
  if (!app.requestSingleInstanceLock()) return null
  // While it is not packaged the app's own folder is an argument.
  const notPaths = app.isPackaged ? [] : [app.getAppPath(), process.execPath]
  const paths = (argv: readonly string[], folder: string) =>
    pathsFromArguments({ argv, folder, notPaths, exists: existsSync })

  let handed: Handed | null = null
  let early = paths(process.argv, process.cwd())

  function take(files: readonly string[]): void {
    log.info('files came in from outside', { count: files.length })
    if (handed) handed.onFiles(files)
    else early = [...early, ...files]
  }

  app.on('second-instance', (_event, argv, folder) => take(paths(argv, folder)))
  app.on('open-file', (event, path) => {
    event.preventDefault()
    take([path])
  })
  return {
    listen(next) {
      handed = next
      if (early.length > 0) next.onFiles(early)
      early = []
    },
  }
}
