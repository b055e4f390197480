import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepLink } from './deep-link.ts'

/** Starts without a window, for the start at login. */
export const hiddenSwitch = '--hidden'

/** Switches with a value that Electron accepts in development. */
const switchesWithValue: ReadonlySet<string> = new Set(['-r', '--require'])

/**
 * The existing files and folders among the arguments, as absolute paths resolved against the start's working
 * directory. Switches are skipped, except after `--`, and so are `ignoredPaths`. A start with a link adds no
 * files.
 */
export function pathsFromArguments(options: {
  /** Like `process.argv`, with the program first. */
  readonly argv: readonly string[]
  readonly folder: string
  /** In development, the app itself is an argument. */
  readonly ignoredPaths: readonly string[]
  readonly exists: (path: string) => boolean
}): string[] {
  const { argv, folder, ignoredPaths, exists } = options
  // A link comes from a web page; on Windows a quotation mark in it splits it into several arguments.
  if (argv.slice(1).some(isDeepLink)) return []
  const paths = new Set<string>()
  let isAfterSeparator = false
  let skipNext = false
  for (const argument of argv.slice(1)) {
    if (skipNext) {
      skipNext = false
    } else if (!isAfterSeparator && argument === '--') {
      isAfterSeparator = true
    } else if (!isAfterSeparator && argument.startsWith('-')) {
      skipNext = switchesWithValue.has(argument)
    } else if (argument !== '') {
      const path = pathOf(argument, folder)
      if (path !== null && !ignoredPaths.includes(path) && exists(path)) paths.add(path)
    }
  }
  return [...paths]
}

/**
 * URLs among the arguments that are no local files, such as `smb://nas/models/x.gguf` for a file on a share.
 */
export function remoteAddresses(argv: readonly string[]): string[] {
  const args = argv.slice(1)
  if (args.some(isDeepLink)) return []
  const isUrl = (argument: string) => /^[a-z][a-z0-9+.-]*:\/\//i.test(argument)
  return args.filter(
    (argument) => isUrl(argument) && (!/^file:/i.test(argument) || pathOf(argument, '/') === null),
  )
}

/** Linux desktops pass files as URLs where a desktop entry uses `%U`. */
function pathOf(argument: string, folder: string): string | null {
  if (!argument.startsWith('file:')) return resolve(folder, argument)
  try {
    return fileURLToPath(argument)
  } catch {
    return null // on another computer, or invalid
  }
}

/** Whether the arguments contain the switch for a hidden start. */
export function isHiddenStart(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return argv.slice(1, end === -1 ? undefined : end).includes(hiddenSwitch)
}
