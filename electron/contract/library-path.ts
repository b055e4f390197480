import anyAscii from 'any-ascii'

/**
 * The server's pattern (docs.cyberun.cloud/api-reference/model/register-a-model-after-uploading), with `\w` as
 * ASCII: whether it allows more is not specified.
 */
const serverPattern = /^(?!\/)(?!.*\.\.)(?!.*\\)[\w./ -]+$/

/** Why a library path is invalid; each has a message `path.<problem>`. */
export type LibraryPathProblem =
  | 'empty'
  | 'starts-with-slash'
  | 'two-dots'
  | 'backslash'
  | 'characters'
  | 'empty-folder'
  | 'ends-with-slash'

/**
 * The most important problem of a library path, or null. Empty folder names and a trailing slash pass the
 * server's pattern but don't name a file, so they are invalid here.
 */
export function libraryPathProblem(path: string): LibraryPathProblem | null {
  if (path.trim() === '') return 'empty'
  if (path.startsWith('/')) return 'starts-with-slash'
  if (path.includes('\\')) return 'backslash'
  if (path.includes('..')) return 'two-dots'
  if (!serverPattern.test(path)) return 'characters'
  if (path.endsWith('/')) return 'ends-with-slash'
  if (path.split('/').some((part) => part.trim() === '' || part.trim() === '.')) return 'empty-folder'
  return null
}

/** Paths with the same key are the same file on Windows and macOS, although the server distinguishes them. */
export const pathKey = (path: string): string => path.toLowerCase()

/** The invalid characters of a path, each once, in order. */
export function refusedCharacters(path: string): string[] {
  return [...new Set([...path].filter((character) => !/[\w./ \\-]/.test(character)))]
}

/**
 * Converts a path to a valid one. Valid parts stay unchanged, since workflows refer to them. In other parts
 * letters are transliterated (Ångström → Angstrom, 国风 → GuoFeng) and runs of other characters become `_`. A
 * name without any valid character becomes `model-` and a hash, so that two such names differ.
 */
export function cleanLibraryPath(path: string): string {
  const parts = path
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => !/^[\s.]*$/.test(part))
  const name = parts.pop()
  if (name === undefined) return 'model'
  return [...parts.map(cleanPart).filter((part) => part !== ''), cleanName(name)].join('/')
}

function cleanName(name: string): string {
  const cleaned = cleanPart(name)
  if (cleaned !== '' && !cleaned.startsWith('.')) return cleaned
  return cleaned === name ? `model${name}` : `model-${shortHash(name)}${cleaned}`
}

/** Letters, digits and `. - _`, and inner spaces. The server allows more, which some file systems don't. */
const validPart = /^(?!.*\.\.)[\w.-]([\w. -]*[\w-])?$/

function cleanPart(part: string): string {
  if (validPart.test(part) && !part.endsWith('.')) return part
  return (
    anyAscii(part.toWellFormed())
      .replace(/[^\w. -]+/g, '_')
      .replace(/[_ ]*_[_ ]*/g, '_')
      // After the other replacements, which can make dots adjacent.
      .replace(/_*\.[._]*/g, '.')
      .replace(/^[_ ]+|[_ .]+$/g, '')
  )
}

/** FNV-1a, 32 bits, as seven letters and digits. Not cryptographic. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0
  }
  return hash.toString(36).padStart(7, '0')
}
