import { posix, win32 } from 'node:path'
import type { PlaceKind } from '../../contract/discovery.ts'

/** What decides where programs keep their models. */
export interface Computer {
  readonly platform: NodeJS.Platform
  /** The user's home folder. */
  readonly home: string
  /** Environment variables. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Where to search. */
export interface SearchPlan {
  /** Folders where a program's installer puts it. */
  readonly candidates: readonly { readonly path: string; readonly kind: PlaceKind }[]
  /** Folders below which programs are searched by name, `depth` levels deep. */
  readonly roots: readonly { readonly path: string; readonly depth: number }[]
  /** Yaml files that list further model folders. */
  readonly extraPathFiles: readonly string[]
  /** Settings of ComfyUI's desktop app: JSON with a `basePath`. */
  readonly desktopSettings: readonly string[]
}

/**
 * The usual places on each platform: where the programs' installers and instructions put them, the home
 * folder, other disks, and the data folders of desktop apps.
 */
export function searchPlan({ platform, home, environment }: Computer): SearchPlan {
  const { join } = platform === 'win32' ? win32 : posix
  const at = (...parts: string[]) => join(home, ...parts)
  const data = dataFolders({ platform, home, environment })
  const comfyData = data.map((folder) => join(folder, 'ComfyUI'))
  const huggingFace = environment['HF_HOME'] ?? at('.cache', 'huggingface')
  const invoke = environment['INVOKEAI_ROOT']
  return {
    candidates: [
      ...['ComfyUI', 'comfy/ComfyUI', 'Documents/ComfyUI'].map((path) => ({
        path: at(path),
        kind: 'comfyui' as const,
      })),
      ...data.map((folder) => ({ path: join(folder, 'StabilityMatrix'), kind: 'stability-matrix' as const })),
      ...(invoke ? [{ path: invoke, kind: 'invokeai' as const }] : []),
      { path: at('invokeai'), kind: 'invokeai' },
      { path: environment['HF_HUB_CACHE'] ?? join(huggingFace, 'hub'), kind: 'hugging-face' },
    ],
    roots: searchRoots({ platform, home, environment }),
    extraPathFiles: comfyData.map((folder) => join(folder, 'extra_models_config.yaml')),
    desktopSettings: comfyData.map((folder) => join(folder, 'config.json')),
  }
}

function dataFolders({ platform, home, environment }: Computer): string[] {
  if (platform === 'win32') {
    const roaming = environment['APPDATA'] ?? win32.join(home, 'AppData', 'Roaming')
    const local = environment['LOCALAPPDATA'] ?? win32.join(home, 'AppData', 'Local')
    // Stability Matrix keeps its data in Roaming, ComfyUI's newer installer in Local.
    return [roaming, local, win32.join(local, 'Programs')]
  }
  if (platform === 'darwin') return [posix.join(home, 'Library', 'Application Support')]
  return [environment['XDG_CONFIG_HOME'] || posix.join(home, '.config'), posix.join(home, '.local', 'share')]
}

/** Depth 3 finds `~/art/tools/ComfyUI` and `/mnt/disk/ai/ComfyUI`; a Windows drive needs one level less. */
function searchRoots({ platform, home, environment }: Computer): SearchPlan['roots'] {
  const homeRoot = { path: home, depth: 3 }
  if (platform === 'win32') {
    const drives = [...'CDEFGHIJKLMNOPQRSTUVWXYZ'].map((letter) => ({ path: `${letter}:\\`, depth: 2 }))
    return [homeRoot, ...drives]
  }
  const shared =
    platform === 'darwin'
      ? ['/Volumes']
      : [
          '/mnt',
          '/media',
          `/media/${environment['USER'] ?? ''}`,
          '/run/media',
          '/data',
          '/opt',
          '/srv',
          '/workspace',
        ]
  return [homeRoot, ...shared.filter((path) => !path.endsWith('/')).map((path) => ({ path, depth: 3 }))]
}

/** The program that a folder's name suggests, or null. Whether it is one depends on its content. */
export function placeKindByName(name: string): PlaceKind | null {
  const plain = name.toLowerCase().replace(/[-_. ]/g, '')
  if (plain.includes('comfyui') || plain === 'comfy') return 'comfyui'
  // SD.Next has the same folders; `automatic` is its former name.
  if (/^stablediffusionwebui|webuiforge|sdwebui|^sdnext|^automatic$/.test(plain)) return 'a1111'
  if (plain.includes('stabilitymatrix')) return 'stability-matrix'
  if (plain.includes('invokeai')) return 'invokeai'
  if (plain.includes('swarmui') || plain.includes('stableswarm')) return 'swarmui'
  return plain.includes('fooocus') ? 'fooocus' : null
}

/**
 * The model folders of a program, relative to its folder. Portable builds have one more folder around them.
 */
export const modelFolders: Readonly<Record<PlaceKind, readonly string[]>> = {
  comfyui: ['models', 'ComfyUI/models', 'resources/ComfyUI/models'],
  a1111: ['models', 'webui/models', 'embeddings'],
  'stability-matrix': ['Data/Models', 'Models', 'Data/Packages', 'Packages'],
  invokeai: ['models', 'autoimport'],
  swarmui: ['Models'],
  fooocus: ['models', 'Fooocus/models'],
  'hugging-face': ['.'],
  'extra-paths': ['.'],
}

/** Folders that never contain such a program, or too many files to search. */
export function isExcludedFolder(name: string): boolean {
  return (
    name.startsWith('.') ||
    name.startsWith('$') ||
    /^(windows|program files.*|programdata|library|appdata|node_modules|system volume information|proc|sys|dev|snap|lost\+found|music|pictures|videos|movies|photos.*|site-packages|anaconda3|miniconda3|go|pkg)$/i.test(
      name,
    )
  )
}
