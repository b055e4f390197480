import { hasModelExtension } from '../../recognition/file-names.ts'
import { typeByFolderName } from '../../recognition/kinds/folder-evidence.ts'
import { nameKey } from '../scan/walk-models.ts'
import { filesBehindValue } from './loader-table.ts'
import { expectedModel, isFolderInput, showsOnlyText, type TypeSource } from './workflow-loaders.ts'

/** A model that a workflow refers to. */
export interface NeededModel {
  /** Path below the folder of its type, with `/` between folders: `faces/grain.safetensors`. */
  readonly name: string
  /** The type that its node expects; null if unknown. */
  readonly modelType: string | null
  /** Null if the type is unknown. */
  readonly typeSource: TypeSource | null
  /** The download URL in the workflow: shown to the user, never fetched. */
  readonly url: string | null
  /** 64 lower-case hex digits; null if the workflow has no hash. */
  readonly sha256: string | null
  /** Every node that uses it is muted or bypassed. */
  readonly isOff: boolean
  /** Classes of the nodes that use it. */
  readonly nodes: readonly string[]
  /** It is a folder with a `model_index.json`, not a single file. */
  readonly isFolder?: true
}

/** Identifies a model among those of one workflow: two types may have files of the same name. */
export function neededModelKey({ name, modelType }: NeededModel): string {
  return `${modelType ?? ''}\n${name.toLowerCase()}`
}

/** Far more than real workflows have: limits the work that a hostile file can cause. */
const maxNeededModels = 1_000
/** Nesting of values inside a widget, such as the rows of a LoRA stack. */
const maxDepth = 8
const maxValues = 20_000
const maxNameLength = 400
const maxUrlLength = 2_000

export type Json = Readonly<Record<string, unknown>>

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export const textOf = (value: unknown) => (typeof value === 'string' ? value : '')

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Where a value was found. */
export interface ValueOrigin {
  readonly className: string
  /** Null if the workflow doesn't name the widget. */
  readonly widget: string | null
  /** Position among the node's values, or null. */
  readonly index: number | null
  readonly isOff: boolean
}

/** Collects the models of a workflow in their order; each reference fills in what others leave unknown. */
export class NeededModels {
  /** By lower-case name: usually one, more if nodes load files of this name from different folders. */
  readonly #byName = new Map<string, NeededModel[]>()
  #count = 0

  list(): readonly NeededModel[] {
    return [...this.#byName.values()].flat()
  }

  /** Adds the models in a widget's value, which may be a list or an object. Returns their names. */
  addValue(value: unknown, origin: ValueOrigin, depth = 0): readonly string[] {
    if (typeof value === 'string') return this.#addText(value, origin)
    if (depth >= maxDepth || value === null || typeof value !== 'object') return []
    // A row of a LoRA stack is { on, lora, strength }.
    const isOff = origin.isOff || (isJson(value) && value['on'] === false)
    return Object.entries(value)
      .slice(0, maxValues)
      .flatMap(([key, inner]) => {
        const widget = Array.isArray(value) ? origin.widget : key
        return this.addValue(inner, { ...origin, widget, isOff }, depth + 1)
      })
  }

  /**
   * Adds a workflow's own list of models: `[{ name, url, directory, hash, hash_type }]`. `selected` are the
   * names in the node's widgets: like ComfyUI's editor, entries that no widget selects are ignored.
   */
  addList(
    list: unknown,
    { className, isOff, selected }: { className: string; isOff: boolean; selected: readonly string[] | null },
  ): void {
    for (const entry of listOf(list).slice(0, maxNeededModels)) {
      if (!isJson(entry)) continue
      const listedName = normalizeModelName(textOf(entry['name']))
      // The widget's name includes the folder that the user keeps the file in.
      const key = nameKey(listedName ?? '')
      const name = selected && listedName !== null ? selected.find((one) => nameKey(one) === key) : listedName
      if (name === undefined || name === null) continue
      const modelType = typeOfDirectory(textOf(entry['directory']))
      this.add({
        name,
        modelType,
        typeSource: modelType === null ? null : 'list',
        url: httpUrl(textOf(entry['url'])),
        sha256: sha256Of(entry),
        isOff,
        nodes: className === '' ? [] : [className],
      })
    }
  }

  add(model: NeededModel): void {
    const key = model.name.toLowerCase()
    const known = this.#byName.get(key) ?? []
    const index = known.findIndex((other) => mayBeSameModel(other, model))
    const same = known[index]
    if (same) known[index] = merge(same, model)
    else if (this.#count < maxNeededModels) {
      this.#count += 1
      this.#byName.set(key, [...known, model])
    }
  }

  #addText(text: string, { className, widget, index, isOff }: ValueOrigin): readonly string[] {
    if (showsOnlyText(className)) return []
    const common = { url: null, sha256: null, isOff, nodes: [className] }
    const embeddings = embeddingNames(text)
    for (const embedding of embeddings) {
      this.add({ ...common, name: embedding, modelType: 'embeddings', typeSource: 'loader' })
    }
    if (embeddings.length > 0) return embeddings
    const taes = filesBehindValue(className, text)
    for (const tae of taes) {
      this.add({ ...common, name: tae, modelType: 'vae_approx', typeSource: 'loader' })
    }
    if (taes.length > 0) return taes
    const name = normalizeModelName(text)
    if (name !== null && isFolderInput(className, widget)) {
      this.add({ ...common, name, modelType: 'diffusers', typeSource: 'loader', isFolder: true })
      return [name]
    }
    if (name !== null && hasModelExtension(name)) {
      const { modelType, subfolder, source } = expectedModel(className, widget, { index, fileName: name })
      const path = subfolder === '' ? name : `${subfolder}/${name}`
      this.add({ ...common, name: path, modelType, typeSource: modelType === null ? null : source })
      return [path]
    }
    return []
  }
}

/** Two loaders that read a name from different folders need two files. */
function mayBeSameModel(one: NeededModel, other: NeededModel): boolean {
  return one.modelType === other.modelType || one.typeSource !== 'loader' || other.typeSource !== 'loader'
}

const weakestFirst: readonly NeededModel['typeSource'][] = [null, 'word', 'list', 'loader']
const strengthOf = ({ typeSource }: NeededModel) => weakestFirst.indexOf(typeSource)

function merge(known: NeededModel, model: NeededModel): NeededModel {
  const { modelType, typeSource } = strengthOf(model) > strengthOf(known) ? model : known
  return {
    name: known.name,
    modelType,
    typeSource,
    url: known.url ?? model.url,
    sha256: known.sha256 ?? model.sha256,
    isOff: known.isOff && model.isOff,
    nodes: [...new Set([...known.nodes, ...model.nodes])],
    ...(known.isFolder ? { isFolder: true } : {}),
  }
}

function typeOfDirectory(directory: string): string | null {
  if (directory === '') return null
  const [folder = ''] = directory.replaceAll('\\', '/').split('/')
  return typeByFolderName(folder) ?? folder.slice(0, 50)
}

/** Templates name the algorithm; BLAKE3 hashes have as many digits. */
function sha256Of(entry: Json): string | null {
  const hash = textOf(entry['hash']).toLowerCase()
  const isSha256 = /^(sha-?256)?$/i.test(textOf(entry['hash_type']))
  return isSha256 && /^[0-9a-f]{64}$/.test(hash) ? hash : null
}

/** Names of embeddings in a prompt: `embedding:name`, with or without an extension. */
function embeddingNames(text: string): string[] {
  const found = text.slice(0, 100_000).matchAll(/(?<![\w])embedding:([^\s,:()[\]{}"'|<>]{1,200})/g)
  return [...found]
    .map(([, name = '']) => name.replaceAll('\\', '/').replace(/[.,]+$/, ''))
    .filter((name) => name !== '')
}

/**
 * A model name with `/` between folders, or null for a sentence, a URL or a path with `..`. Of an absolute
 * path only the file name is kept.
 */
function normalizeModelName(text: string): string | null {
  if (
    text === '' ||
    text.length > maxNameLength ||
    /[\p{Cc}]/u.test(text) ||
    /^[a-z][\w+.-]*:\/\//i.test(text)
  )
    return null
  const parts = text.trim().replaceAll('\\', '/').split('/')
  const isFromRoot = parts[0] === '' || /^[a-z]:$/i.test(parts[0] ?? '')
  const name = isFromRoot
    ? (parts.at(-1) ?? '')
    : parts.filter((part) => part !== '.' && part !== '').join('/')
  return name === '' || name.split('/').includes('..') ? null : name
}

/** A normalised http or https URL; null for anything else. */
function httpUrl(text: string): string | null {
  if (text.length > maxUrlLength) return null
  const url = URL.parse(text)
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : null
}
