import { extname } from 'node:path'

/** ComfyUI's own set (folder_paths.py, supported_pt_extensions), GGUF of its GGUF nodes, ONNX of its preprocessors. */
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

/** What browsers and download managers put behind a name until the file is whole. */
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

/** Folders beside `models` in ComfyUI that hold no models of the person: its own code, pictures and settings. */
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

/** State that trainers leave beside a model, under extensions that models have too. */
const trainerState =
  /^(optimizer|scheduler|scaler|training_args|random_states|rng_state)[\w-]*\.(bin|pkl|pt|pth)$/i

/** Lower-case extension with its dot, or `''`. */
export function extensionOf(name: string): string {
  return extname(name).toLowerCase()
}

export function hasModelExtension(name: string): boolean {
  return modelExtensions.has(extensionOf(name))
}

export function isDownloading(name: string): boolean {
  return (downloadSuffixes as readonly string[]).includes(extensionOf(name))
}

/** Why a file is left aside whoever named it, or null. */
export function skipAlways(name: string): 'junk' | 'placeholder' | null {
  // iCloud Drive leaves `.name.icloud` where the file itself is only in the cloud.
  if (/^\..+\.icloud$/i.test(name)) return 'placeholder'
  // Nextcloud and ownCloud put their own ending behind a name whose file is only on the server.
  if (/\.(nextcloud|owncloud)$/i.test(name)) return 'placeholder'
  if (name.startsWith('.') || junkFiles.has(name.toLowerCase()) || /^put_.*_here/i.test(name)) return 'junk'
  return null
}

/** Pictures, notes and settings: they lie beside models, or hold a workflow, and are never a model themselves. */
const companionExtensions = new Set([
  ...['.png', '.jpg', '.jpeg', '.webp', '.gif'],
  ...['.json', '.yaml', '.yml'],
])

/** True for a file that is no model whatever it holds; as a part of a model of several files it may go with that. */
export function isCompanion(name: string): boolean {
  return companionExtensions.has(extensionOf(name))
}

/** Why a file inside a dropped folder is left aside, or null. A file that was dropped itself is judged by `skipAlways`. */
export function skipInFolder(name: string): 'junk' | 'placeholder' | 'downloading' | 'not-a-model' | null {
  const always = skipAlways(name)
  if (always) return always
  if (isDownloading(name)) return 'downloading'
  return hasModelExtension(name) && !trainerState.test(name) ? null : 'not-a-model'
}

/** True for folders that nobody means to send, even when dropped themselves. */
export function isJunkFolder(name: string): boolean {
  return name.toLowerCase() === '.git' || junkFolders.has(name.toLowerCase())
}

/** Why a folder inside a dropped folder is not entered, or null. `besideModels`: its parent is ComfyUI itself. */
export function skipFolder(name: string, besideModels: boolean): 'junk' | 'outside-models' | null {
  if (name.startsWith('.') || isJunkFolder(name)) return 'junk'
  return besideModels && foldersOutsideModels.has(name.toLowerCase()) ? 'outside-models' : null
}

/** True when these names lie in a folder that is ComfyUI itself: `models` beside another folder or file of its own. */
export function isComfyFolder(names: ReadonlySet<string>): boolean {
  const marks = ['custom_nodes', 'folder_paths.py', 'comfy', 'extra_model_paths.yaml.example']
  const folders = ['input', 'output', 'user'].filter((name) => names.has(name)).length
  return names.has('models') && (marks.some((name) => names.has(name)) || folders >= 2)
}
