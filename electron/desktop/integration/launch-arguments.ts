import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepLink } from './deep-link.ts'

/** A start at login: nothing is shown but the tray's icon. */
export const hiddenSwitch = '--hidden'

/** Switches that Electron's own development start takes with a value of their own. */
const switchesWithValue: ReadonlySet<string> = new Set(['-r', '--require'])

/**
 * The existing files and folders among the arguments of a start, as whole paths. Arguments are taken relative to the folder in
 * which that start happened. Switches are skipped, and so is the app itself, which is an argument while it is not packaged
 * (`notPaths`). After `--` nothing is a switch. A start with a link brings no files.
 */
export function pathsFromArguments(options: {
  /** As `process.argv`: the program comes first. */
  readonly argv: readonly string[]
  readonly folder: string
  readonly notPaths: readonly string[]
  readonly exists: (path: string) => boolean
}): string[] {
  const { argv, folder, notPaths, exists } = options
  // A link comes from a web page, and on Windows a quotation mark in it makes several arguments of one.
  if (argv.slice(1).some(isDeepLink)) return []
  const taken = new Set<string>()
  let onlyPaths = false
  let skipNext = false
  for (const argument of argv.slice(1)) {
    if (skipNext) {
      skipNext = false
    } else if (!onlyPaths && argument === '--') {
      onlyPaths = true
    } else if (!onlyPaths && argument.startsWith('-')) {
      skipNext = switchesWithValue.has(argument)
    } else if (argument !== '') {
      const path = pathOf(argument, folder)
      if (path !== null && !notPaths.includes(path) && exists(path)) taken.add(path)
    }
  }
  return [...taken]
}

/**
 * Addresses among the arguments of a start that lead to no file here: file managers name what lies on a share or a phone
 * like this (`smb://nas/models/x.gguf`).
 */
export function remoteAddresses(argv: readonly string[]): string[] {
  const words = argv.slice(1)
  if (words.some(isDeepLink)) return []
  const isAddress = (word: string) => /^[a-z][a-z0-9+.-]*:\/\//i.test(word)
  return words.filter((word) => isAddress(word) && (!/^file:/i.test(word) || pathOf(word, '/') === null))
}

/** Desktops of Linux hand files over as addresses where a desktop entry says `%U`. */
function pathOf(argument: string, folder: string): string | null {
  if (!argument.startsWith('file:')) return resolve(folder, argument)
  try {
    return fileURLToPath(argument)
  } catch {
    return null // on another computer, or no address
  }
}

/** Whether a start asks for no window. After `--` nothing is a switch. */
export function isHiddenStart(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return argv.slice(1, end === -1 ? undefined : end).includes(hiddenSwitch)
}
