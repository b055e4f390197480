import { posix, win32 } from 'node:path'
import { parse } from 'yaml'
import { typeByFolderName } from '../../recognition/kinds/folder-evidence.ts'

/** A folder that ComfyUI was told to look into besides its own. */
export interface ExtraRoot {
  /** Absolute, as the file says; nobody has looked whether it is there. */
  readonly path: string
  readonly modelType: string
  /** Name of its section in the file, such as `a111` or `comfyui`. */
  readonly section: string
  /** ComfyUI puts new downloads into this section's folders. */
  readonly isDefault: boolean
}

/** Where the file lies and what its words mean there. */
export interface ExtraPathsPlace {
  /** Folder of the yaml file: relative paths start there. */
  readonly folder: string
  readonly home: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  /**
   * Nobody has handed the file over: on Windows folders of other computers are passed over then, since to look at one is to
   * sign in there with the person's own name.
   */
  readonly staysHere?: boolean
}

/** The example that comes with ComfyUI has 3 KB. */
export const longestExtraPathsBytes = 256 * 1024
const mostRoots = 500

/** Entries that name no models: nodes, settings and switches (ComfyUI, utils/extra_config.py and its desktop app). */
const noModels = new Set([
  'base_path',
  'is_default',
  'custom_nodes',
  'configs',
  'download_model_base',
  'datasets',
  'fonts',
])

/** True for the names under which ComfyUI and its desktop app keep such a file. */
export function isExtraPathsName(name: string): boolean {
  return /^extra_models?_(paths|config)[\w .()-]*\.ya?ml$/i.test(name)
}

/**
 * The model folders that an `extra_model_paths.yaml` names: sections of type → folder or folders, one a line, each below the
 * section's `base_path`. Null when the text is no such file. Aliases are not unfolded beyond a hundred (the yaml package's
 * own limit against bombs), and a text that nests too deep is none.
 */
export function parseExtraPaths(text: string, place: ExtraPathsPlace): readonly ExtraRoot[] | null {
  if (text.length > longestExtraPathsBytes) return null
  let read: unknown
  try {
    read = parse(text, {
      maxAliasCount: 100,
      prettyErrors: false,
      logLevel: 'error',
      uniqueKeys: false,
      merge: true,
    })
  } catch {
    // Whatever the yaml package or the stack can't take.
    return null
  }
  if (!isMap(read)) return null
  const sections = Object.entries(read).filter((entry): entry is [string, Map] => isMap(entry[1]))
  if (sections.length === 0) return null
  const roots = sections.flatMap(([section, map]) => rootsOf(section, map, place))
  const once = new Map(roots.map((root) => [`${root.modelType}\n${root.path}`, root]))
  return [...once.values()].filter(({ path }) => !leadsAway(path, place)).slice(0, mostRoots)
}

/** Whether a path leads to a computer other than the one that the file itself lies on (UNC: `\\\\server\\share`). */
function leadsAway(path: string, { folder, platform, staysHere = false }: ExtraPathsPlace): boolean {
  if (!staysHere || platform !== 'win32' || !/^[\\/]{2}/.test(path)) return false
  return win32.parse(path).root.toLowerCase() !== win32.parse(folder).root.toLowerCase()
}

type Map = Readonly<Record<string, unknown>>

function isMap(value: unknown): value is Map {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function rootsOf(section: string, map: Map, place: ExtraPathsPlace): ExtraRoot[] {
  const path = place.platform === 'win32' ? win32 : posix
  const base = expand(textOf(map['base_path']), place)
  const from = base === '' ? place.folder : path.resolve(place.folder, base)
  const isDefault = map['is_default'] === true || map['is_default'] === 'true'
  return Object.entries(map).flatMap(([key, value]) => {
    if (noModels.has(key)) return []
    return linesOf(value).map((line) => ({
      path: path.resolve(from, expand(line, place)),
      // ComfyUI takes any key for a type; its own old names are read as the new ones.
      modelType: typeByFolderName(key) ?? key.slice(0, 50),
      section,
      isDefault,
    }))
  })
}

/** One folder a line, or a yaml list of them. ComfyUI's own example has remarks behind its lines, which yaml keeps. */
function linesOf(value: unknown): string[] {
  const texts = Array.isArray(value) ? value.map(textOf) : textOf(value).split(/\r?\n/)
  return texts
    .map((line) => line.replace(/\s#.*$/, '').trim())
    .filter((line) => line !== '' && line.length < 4_000 && !line.includes('\0'))
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : ''
}

/** As Python's expanduser and expandvars, which ComfyUI calls. A variable that is not set stays as it is written. */
function expand(text: string, { home, environment, platform }: ExtraPathsPlace): string {
  const withHome = text === '~' || /^~[\\/]/.test(text) ? home + text.slice(1) : text
  const filled = withHome.replace(/\$\{(\w+)\}|\$(\w+)/g, (whole, braced?: string, bare?: string) => {
    return environment[braced ?? bare ?? ''] ?? whole
  })
  if (platform !== 'win32') return filled
  return filled.replace(/%(\w+)%/g, (whole, name: string) => environment[name] ?? whole)
}
