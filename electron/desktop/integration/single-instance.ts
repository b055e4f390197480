import { app } from 'electron'
import { existsSync } from 'node:fs'
import process from 'node:process'
import type { PageCommand } from '../../contract/calls.ts'
import type { Log } from '../../platform/environment.ts'
import { pageCommandOf, isDeepLink } from './deep-link.ts'
import { isHiddenStart, pathsFromArguments, remoteAddresses } from './launch-arguments.ts'

/** What another start, the dock or the file manager gives to this one. */
export interface LaunchListener {
  /** `paths` may be empty: then the person only wants to see the window. */
  readonly onFiles: (paths: readonly string[]) => void
  /** The file manager named something that is no file of this computer. */
  readonly onRemoteFiles: () => void
  /** A link of ours was opened, and this is all that it may ask for. */
  readonly onCommand: (command: PageCommand) => void
}

export interface AppInstance {
  /** True when it was started at login, and nobody wants to see it. */
  isHidden(): boolean
  /** Hands over what came in since the start, and from now on everything at once. */
  listen(handed: LaunchListener): void
}

/**
 * One app per data folder. A second start hands its files to the first and ends; null then. It listens before `ready`, since
 * macOS may open a file before that.
 */
export function claimSingleInstance(log: Log): AppInstance | null {
  if (!app.requestSingleInstanceLock()) return null
  // While it is not packaged the app's own folder is an argument.
  const notPaths = app.isPackaged ? [] : [app.getAppPath(), process.execPath]
  const paths = (argv: readonly string[], folder: string) =>
    pathsFromArguments({ argv, folder, notPaths, exists: existsSync })

  let handed: LaunchListener | null = null
  let early: ((to: LaunchListener) => void)[] = []
  const hand = (give: (to: LaunchListener) => void) => (handed ? give(handed) : early.push(give))

  function take(files: readonly string[]): void {
    log.info('files came in from outside', { count: files.length })
    hand((to) => to.onFiles(files))
  }

  function follow(link: string): void {
    const command = pageCommandOf(link)
    if (command) hand((to) => to.onCommand(command))
    // The link itself is not written down: anybody can put anything into one.
    else log.warn('a link that is not ours was refused', { length: link.length })
  }

  /** What a start brings: its links, its files, or only the wish to see the window. */
  function takeStart(argv: readonly string[], folder: string, isFirst: boolean): void {
    const links = argv.slice(1).filter(isDeepLink)
    const files = paths(argv, folder)
    links.forEach(follow)
    const remote = remoteAddresses(argv)
    if (remote.length > 0) {
      // Where somebody's files lie is not written down.
      log.warn('addresses came in that lead to no file here', { count: remote.length })
      hand((to) => to.onRemoteFiles())
    }
    if (files.length > 0) take(files)
    // A link that was refused brings nothing to the front.
    else if (!isFirst && links.length === 0 && !isHiddenStart(argv)) hand((to) => to.onFiles([]))
  }

  takeStart(process.argv, process.cwd(), true)
  app.on('second-instance', (_event, argv, folder) => takeStart(argv, folder, false))
  app.on('open-file', (event, path) => {
    event.preventDefault()
    take([path])
  })
  app.on('open-url', (event, link) => {
    event.preventDefault()
    follow(link)
  })
  const wasHidden = isHiddenStart(process.argv)
  return {
    // macOS starts it without words of ours, and says by itself that it was the login.
    isHidden: () =>
      wasHidden || (process.platform === 'darwin' && app.getLoginItemSettings().wasOpenedAtLogin),
    listen(next) {
      handed = next
      for (const give of early) give(next)
      early = []
    },
  }
}
