import { app } from 'electron'
import process from 'node:process'
import type { PageCommand } from '../../contract/events.ts'
import type { Log } from '../../platform/environment.ts'
import { existsSync } from '../../platform/files/original-fs.ts'
import { isDeepLink, pageCommandOf } from './deep-link.ts'
import { isHiddenStart, pathsFromArguments, remoteAddresses } from './launch-arguments.ts'

/** Receives what another start, the dock or the file manager passes to this instance. */
export interface LaunchListener {
  /** With no paths, the window is only shown. */
  readonly onFiles: (paths: readonly string[]) => void
  /** The file manager passed URLs that are no local files. */
  readonly onRemoteFiles: () => void
  /** A deep link was opened. */
  readonly onCommand: (command: PageCommand) => void
}

export interface AppInstance {
  /** True for a start at login. */
  startsHidden(): boolean
  /** Delivers everything received since the start, and from now on immediately. */
  listen(listener: LaunchListener): void
}

/**
 * Allows one instance per data folder. A second start passes its files to the first one and ends; the result
 * is then null. Events are collected before `ready`, since macOS may open files before it.
 */
export function claimSingleInstance(log: Log): AppInstance | null {
  if (!app.requestSingleInstanceLock()) return null
  const ignoredPaths = app.isPackaged ? [] : [app.getAppPath(), process.execPath]

  let listener: LaunchListener | null = null
  let pending: ((target: LaunchListener) => void)[] = []
  const deliver = (event: (target: LaunchListener) => void) =>
    listener ? event(listener) : pending.push(event)

  function openFiles(paths: readonly string[]): void {
    log.info('received files from outside', { count: paths.length })
    deliver((target) => target.onFiles(paths))
  }

  function openLink(link: string): void {
    const command = pageCommandOf(link)
    if (command) deliver((target) => target.onCommand(command))
    // The link itself is not logged, since any web page can put anything into it.
    else log.warn('an unknown link was rejected', { length: link.length })
  }

  function handleStart(argv: readonly string[], folder: string, isFirst: boolean): void {
    const links = argv.slice(1).filter(isDeepLink)
    const paths = pathsFromArguments({ argv, folder, ignoredPaths, exists: existsSync })
    links.forEach(openLink)
    const remote = remoteAddresses(argv)
    if (remote.length > 0) {
      // The addresses are not logged, since they may name private servers.
      log.warn('received addresses that are no local files', { count: remote.length })
      deliver((target) => target.onRemoteFiles())
    }
    if (paths.length > 0) openFiles(paths)
    // A rejected link does not show the window.
    else if (!isFirst && links.length === 0 && !isHiddenStart(argv)) deliver((target) => target.onFiles([]))
  }

  handleStart(process.argv, process.cwd(), true)
  app.on('second-instance', (_event, argv, folder) => handleStart(argv, folder, false))
  app.on('open-file', (event, path) => {
    event.preventDefault()
    openFiles([path])
  })
  app.on('open-url', (event, link) => {
    event.preventDefault()
    openLink(link)
  })
  const hasHiddenSwitch = isHiddenStart(process.argv)
  return {
    // macOS passes no arguments at login, but reports it.
    startsHidden: () =>
      hasHiddenSwitch || (process.platform === 'darwin' && app.getLoginItemSettings().wasOpenedAtLogin),
    listen(next) {
      listener = next
      for (const event of pending) event(next)
      pending = []
    },
  }
}
