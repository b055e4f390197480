import { extname } from 'node:path'

/**
 * ComfyUI's own set (folder_paths.py, supported_pt_extensions), GGUF of its GGUF nodes, ONNX of its
 * preprocessors.
 */
const modelExtensions = new Set([
  '.ckpt',
  '.pt',
  '.pt2',
  '.bin',
  '.pth',
  '.safetensors',
  '.pkl',
  '.sft',
  '.gguf',
  '.onnx',
])

/** Suffixes that browsers and download managers use until a file is complete. */
export const downloadSuffixes = [
  '.part',
  '.crdownload',
  '.aria2',
  '.download',
  '.incomplete',
  '.partial',
  '.tmp',
] as const

const junkFiles = new Set(['thumbs.db', 'ehthumbs.db', 'desktop.ini', 'icon\r'])
const junkFolders = new Set([
  '__pycache__',
  '__macosx',
  'node_modules',
  'site-packages',
  '$recycle.bin',
  'system volume information',
  'lost+found',
])

/** Folders next to `models` in ComfyUI without models of the user: its own code, pictures and settings. */
const foldersOutsideModels = new Set([
  'custom_nodes',
  'datasets',
  'fonts',
  'input',
  'output',
  'temp',
  'user',
  'venv',
  'python_embeded',
])

/** Training state that trainers write next to a model, with the same extensions. */
const trainerState =
  /^(optimizer|scheduler|scaler|training_args|random_states|rng_state)[\w-]*\.(bin|pkl|pt|pth)$/i

/** Lower-case extension with its dot, or `''`. */
export function extensionOf(name: string): string {
  return extname(name).toLowerCase()
}

export function hasModelExtension(name: string): boolean {
  return modelExtensions.has(extensionOf(name))
}

export function isPartialDownload(name: string): boolean {
  return (downloadSuffixes as readonly string[]).includes(extensionOf(name))
}

/** Why a file is always skipped, even if it was dropped itself, or null. */
export function skipReason(name: string): 'junk' | 'placeholder' | null {
  // iCloud Drive shows a file that is only in the cloud as `.name.icloud`.
  if (/^\..+\.icloud$/i.test(name)) return 'placeholder'
  // Nextcloud and ownCloud add their own suffix to a file that is only on the server.
  if (/\.(nextcloud|owncloud)$/i.test(name)) return 'placeholder'
  if (name.startsWith('.') || junkFiles.has(name.toLowerCase()) || /^put_.*_here/i.test(name)) return 'junk'
  return null
}

/** Pictures, notes and settings, which accompany models or hold a workflow and are never models. */
const companionExtensions = new Set([
  ...['.png', '.jpg', '.jpeg', '.webp', '.gif'],
  ...['.txt', '.md', '.pdf', '.html', '.csv', '.log'],
  ...['.json', '.yaml', '.yml', '.toml', '.ini', '.py'],
])

/** True for a file that is never a model on its own; it may be part of a model of several files. */
export function isCompanionFile(name: string): boolean {
  return companionExtensions.has(extensionOf(name))
}

/**
 * Why a file inside a dropped folder is skipped, or null. `skipReason` is for a file that was dropped itself.
 */
export function skipReasonInFolder(
  name: string,
): 'junk' | 'placeholder' | 'downloading' | 'not-a-model' | null {
  const always = skipReason(name)
  if (always) return always
  if (isPartialDownload(name)) return 'downloading'
  return hasModelExtension(name) && !trainerState.test(name) ? null : 'not-a-model'
}

/** True for folders without models, even if they were dropped themselves. */
export function isJunkFolder(name: string): boolean {
  return name.toLowerCase() === '.git' || junkFolders.has(name.toLowerCase())
}

/**
 * Why a folder inside a dropped folder is not scanned, or null. `besideModels`: its parent is ComfyUI's own
 * folder.
 */
export function folderSkipReason(name: string, besideModels: boolean): 'junk' | 'outside-models' | null {
  if (name.startsWith('.') || isJunkFolder(name)) return 'junk'
  return besideModels && foldersOutsideModels.has(name.toLowerCase()) ? 'outside-models' : null
}

/** Whether a folder with these names is ComfyUI's own: `models` next to another of its files or folders. */
export function isComfyUiFolder(names: ReadonlySet<string>): boolean {
  const marks = ['custom_nodes', 'folder_paths.py', 'comfy', 'extra_model_paths.yaml.example']
  const folders = ['input', 'output', 'user'].filter((name) => names.has(name)).length
  return names.has('models') && (marks.some((name) => names.has(name)) || folders >= 2)
}
