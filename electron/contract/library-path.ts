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

/** The characters of a path that the server would refuse, each once, in order: what the explanation shows. */
export function refusedCharacters(path: string): string[] {
  return [...new Set([...path].filter((character) => !/[\w./ \\-]/.test(character)))]
}

const letters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  Æ: 'AE',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
}

/**
 * A path that the server takes and a person recognises: accents fall off, other characters become `_`, runs are joined,
 * and the extension stays. A name of which nothing is left (all CJK) becomes `model`.
 */
export function cleanLibraryPath(path: string): string {
  const parts = path
    .replaceAll('\\', '/')
    .split('/')
    .map((part) => cleanPart(part))
    .filter((part) => part !== '')
  const last = parts.at(-1)
  if (last === undefined) return 'model'
  return [...parts.slice(0, -1), last.startsWith('.') ? `model${last}` : last].join('/')
}

function cleanPart(part: string): string {
  return part
    .replace(/[ßæÆøØłŁđĐ]/g, (letter) => letters[letter] ?? '_')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\w. -]+/g, '_')
    .replace(/\.{2,}/g, '.')
    .replace(/_{2,}/g, '_')
    .replace(/_+(?=\.)|(?<=\.)_+/g, '')
    .replace(/^[_ ]+|[_ .]+$/g, '')
}
