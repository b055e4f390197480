import anyAscii from 'any-ascii'

/** The server's own pattern (openapi.yaml, ModelPath). `\w` is read as ASCII: whether more is taken is unknown. */
const serverPattern = /^(?!\/)(?!.*\.\.)(?!.*\\)[\w./ -]+$/

/** Why a library path is refused; each is a message key under `path.`. */
export type LibraryPathProblem =
  'empty' | 'starts-with-slash' | 'two-dots' | 'backslash' | 'characters' | 'empty-folder' | 'ends-with-slash'

/**
 * Says what is wrong with a library path, most telling first, or null when the server takes it. Empty folder names and a
 * trailing slash pass the server's pattern but name no file, so they are refused here.
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

/**
 * What a library path is compared by: paths with one key are one file on the disks of Windows and macOS, where models are
 * loaded, even if the server itself tells them apart.
 */
export const pathKey = (path: string): string => path.toLowerCase()

/** The characters of a path that the server would refuse, each once, in order: what the explanation shows. */
export function refusedCharacters(path: string): string[] {
  return [...new Set([...path].filter((character) => !/[\w./ \\-]/.test(character)))]
}

/**
 * A path that the server takes and a person recognises: parts that are fine stay as they are (workflows name files), in
 * others letters of every script are written in Latin ones (Ångström → Angstrom, 国风 → GuoFeng), other characters become `_` and
 * runs are joined. A name of which nothing is left becomes `model-` and a few letters of its own, so that two such names don't meet.
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

/** Letters, digits and `. - _`, spaces inside only: the server takes more, but no folder on every system does. */
const finePart = /^(?!.*\.\.)[\w.-]([\w. -]*[\w-])?$/

function cleanPart(part: string): string {
  if (finePart.test(part) && !part.endsWith('.')) return part
  return (
    anyAscii(part.toWellFormed())
      .replace(/[^\w. -]+/g, '_')
      .replace(/[_ ]*_[_ ]*/g, '_')
      // Last, since dots meet when what stood between them is gone.
      .replace(/_*\.[._]*/g, '.')
      .replace(/^[_ ]+|[_ .]+$/g, '')
  )
}

/** FNV-1a, 32 bits, as seven letters and digits: tells names apart, protects nothing. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0
  }
  return hash.toString(36).padStart(7, '0')
}
