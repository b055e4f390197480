import { posix, win32 } from 'node:path'
import type { PlaceKind } from '../../contract/discovery.ts'

export interface Surroundings {
  readonly platform: NodeJS.Platform
  readonly home: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Where something may be looked for. */
export interface SearchPlan {
  /** Folders that are looked at themselves. */
  readonly candidates: readonly { readonly path: string; readonly kind: PlaceKind }[]
  /** Folders below which programs are looked for by name, a few levels deep. */
  readonly bases: readonly { readonly path: string; readonly depth: number }[]
  /** Yaml files that name further folders. */
  readonly extraPathFiles: readonly string[]
  /** Settings of ComfyUI's desktop app: its JSON has a `basePath`. */
  readonly desktopSettings: readonly string[]
}

/**
 * The usual places on each system: where the programs' own installers and instructions put them, folders that people make for
 * such things, other disks, and the desktop apps' data folders.
 */
export function searchPlan({ platform, home, environment }: Surroundings): SearchPlan {
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
    bases: bases({ platform, home, environment }),
    extraPathFiles: comfyData.map((folder) => join(folder, 'extra_models_config.yaml')),
    desktopSettings: comfyData.map((folder) => join(folder, 'config.json')),
  }
}

function dataFolders({ platform, home, environment }: Surroundings): string[] {
  if (platform === 'win32') {
    const roaming = environment['APPDATA'] ?? win32.join(home, 'AppData', 'Roaming')
    const local = environment['LOCALAPPDATA'] ?? win32.join(home, 'AppData', 'Local')
    // Stability Matrix's portable data lies in Roaming, Comfy's newer installer uses Local.
    return [roaming, local, win32.join(local, 'Programs')]
  }
  if (platform === 'darwin') return [posix.join(home, 'Library', 'Application Support')]
  return [environment['XDG_CONFIG_HOME'] || posix.join(home, '.config'), posix.join(home, '.local', 'share')]
}

/** Depth 2 finds `~/ai/ComfyUI`; other disks are one folder deeper, since a share has folders of its own first. */
function bases({ platform, home, environment }: Surroundings): SearchPlan['bases'] {
  const own = [{ path: home, depth: 3 }]
  if (platform === 'win32') {
    const drives = [...'CDEFGHIJKLMNOPQRSTUVWXYZ'].map((letter) => ({ path: `${letter}:\\`, depth: 2 }))
    return [...own, ...drives]
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
  return [...own, ...shared.filter((path) => !path.endsWith('/')).map((path) => ({ path, depth: 3 }))]
}

/** The program that a folder's name speaks of, or null. Its content decides. */
export function kindByName(name: string): PlaceKind | null {
  const plain = name.toLowerCase().replace(/[-_. ]/g, '')
  if (plain.includes('comfyui') || plain === 'comfy') return 'comfyui'
  if (plain.startsWith('stablediffusionwebui') || plain.includes('webuiforge') || plain.includes('sdwebui'))
    return 'a1111'
  if (plain.includes('stabilitymatrix')) return 'stability-matrix'
  if (plain.includes('invokeai')) return 'invokeai'
  if (plain.includes('swarmui') || plain.includes('stableswarm')) return 'swarmui'
  return plain.includes('fooocus') ? 'fooocus' : null
}

/** Folders of a program that hold its models, relative to it, best first. Portable builds have one folder around them. */
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

/** Folders that never hold such a program, or hold far too much to look through. */
export function isNoPlace(name: string): boolean {
  return (
    name.startsWith('.') ||
    name.startsWith('$') ||
    /^(windows|program files.*|programdata|library|appdata|node_modules|system volume information|proc|sys|dev|snap|lost\+found|music|pictures|videos|movies|photos.*|site-packages|anaconda3|miniconda3|go|pkg)$/i.test(
      name,
    )
  )
}
