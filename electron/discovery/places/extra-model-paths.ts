import { posix, win32 } from 'node:path'
import { CST, Lexer, parse } from 'yaml'
import { typeByFolderName } from '../../recognition/kinds/folder-evidence.ts'

/** A folder with models besides ComfyUI's own. */
export interface ExtraModelFolder {
  /** Absolute; it may not exist. */
  readonly path: string
  readonly modelType: string
  /** Name of its section in the yaml file, such as `a111` or `comfyui`. */
  readonly section: string
  /** ComfyUI saves downloads in this section's folders. */
  readonly isDefault: boolean
}

/** How the paths in the yaml file are resolved. */
export interface ExtraPathsContext {
  /** Folder of the yaml file, to which relative paths refer. */
  readonly folder: string
  readonly home: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  /**
   * For a file that the user did not choose: ignores network folders on Windows, because opening one sends
   * the user's credentials to that server.
   */
  readonly isLocalOnly?: boolean
}

/**
 * The example that ships with ComfyUI is 3 KB, and each folder takes some 50 bytes. The parser takes up to 1.3 s of
 * CPU time for so much hostile text (measured with 64 KiB of `[]`).
 */
export const maxExtraPathsBytes = 64 * 1024
const maxFolders = 500

/**
 * Keys for custom nodes and settings instead of models (ComfyUI, utils/extra_config.py and its desktop app).
 */
const nonModelKeys = new Set([
  'base_path',
  'is_default',
  'custom_nodes',
  'configs',
  'download_model_base',
  'datasets',
  'fonts',
])

/**
 * The model folders that an `extra_model_paths.yaml` lists: sections of type → one or more folders (one per
 * line) below the section's `base_path`. Null if the text is not such a file, including one that nests too
 * deeply or expands more than a hundred aliases.
 */
export function parseExtraModelPaths(
  text: string,
  context: ExtraPathsContext,
): readonly ExtraModelFolder[] | null {
  if (text.length > maxExtraPathsBytes) return null
  let document: unknown
  try {
    if (isNestedTooDeeply(text)) return null
    document = parse(text, {
      maxAliasCount: 100,
      prettyErrors: false,
      logLevel: 'error',
      uniqueKeys: false,
      merge: true,
    })
  } catch {
    // Invalid yaml, too many aliases, or a stack overflow.
    return null
  }
  if (!isMap(document)) return null
  const sections = Object.entries(document).filter((entry): entry is [string, YamlMap] => isMap(entry[1]))
  if (sections.length === 0) return null
  const folders = sections.flatMap(([section, map]) => foldersOfSection(section, map, context))
  const unique = new Map(folders.map((folder) => [`${folder.modelType}\n${folder.path}`, folder]))
  return [...unique.values()].filter(({ path }) => !isOnAnotherComputer(path, context)).slice(0, maxFolders)
}

/**
 * Whether a Windows path refers to a server (UNC: `\\\\server\\share`) other than the one with the yaml file.
 */
function isOnAnotherComputer(
  path: string,
  { folder, platform, isLocalOnly = false }: ExtraPathsContext,
): boolean {
  if (!isLocalOnly || platform !== 'win32' || !/^[\\/]{2}/.test(path)) return false
  return win32.parse(path).root.toLowerCase() !== win32.parse(folder).root.toLowerCase()
}

/** Such a file has three levels: section, type, list of folders. */
const maxNesting = 32
/** Indentation, and the indicators of lists and keys that nest within one line: `- - ? - a`. */
const deepIndentation = /^[ \t?:-]{200}/m

/** Checks the nesting before the text is parsed, since the parser recurses. */
function isNestedTooDeeply(text: string): boolean {
  if (deepIndentation.test(text)) return true
  let depth = 0
  let isScalar = false
  for (const token of new Lexer().lex(text)) {
    if (!isScalar && (token === '[' || token === '{')) depth += 1
    if (!isScalar && (token === ']' || token === '}')) depth = Math.max(0, depth - 1)
    if (depth > maxNesting) return true
    // The next token is the text of a scalar.
    isScalar = token === CST.SCALAR
  }
  return false
}

type YamlMap = Readonly<Record<string, unknown>>

function isMap(value: unknown): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function foldersOfSection(section: string, map: YamlMap, context: ExtraPathsContext): ExtraModelFolder[] {
  const path = context.platform === 'win32' ? win32 : posix
  const base = expandPath(textOf(map['base_path']), context)
  const baseFolder = base === '' ? context.folder : path.resolve(context.folder, base)
  const isDefault = map['is_default'] === true || map['is_default'] === 'true'
  return Object.entries(map).flatMap(([key, value]) => {
    if (nonModelKeys.has(key)) return []
    return linesOf(value).map((line) => ({
      path: path.resolve(baseFolder, expandPath(line, context)),
      // ComfyUI accepts any key as a type; its former names are mapped to the current ones.
      modelType: typeByFolderName(key) ?? key.slice(0, 50),
      section,
      isDefault,
    }))
  })
}

/**
 * One folder per line, or a yaml list. ComfyUI's example has comments inside block scalars, which yaml keeps.
 */
function linesOf(value: unknown): string[] {
  const texts = Array.isArray(value) ? value.map(textOf) : textOf(value).split(/\r?\n/)
  return texts
    .filter((line) => line.length < 4_000 && !line.includes('\0'))
    .map((line) => line.replace(/\s#.*$/, '').trim())
    .filter(Boolean)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : ''
}

/** Like Python's expanduser and expandvars, which ComfyUI uses: unset variables stay unchanged. */
function expandPath(text: string, { home, environment, platform }: ExtraPathsContext): string {
  const withHome = text === '~' || /^~[\\/]/.test(text) ? home + text.slice(1) : text
  const expanded = withHome.replace(/\$\{(\w+)\}|\$(\w+)/g, (match, braced?: string, bare?: string) => {
    return environment[braced ?? bare ?? ''] ?? match
  })
  if (platform !== 'win32') return expanded
  return expanded.replace(/%(\w+)%/g, (match, name: string) => environment[name] ?? match)
}
