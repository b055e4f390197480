import { hasModelExtension } from '../../recognition/file-names.ts'
import { typeByFolderName } from '../../recognition/kinds/folder-evidence.ts'
import { isFolderInput, isNoteNode, modelTypeOfInput } from './workflow-loaders.ts'

/** A model that a workflow refers to. */
export interface NeededModel {
  /** As in the workflow, with `/` between folders: `faces/grain.safetensors`. */
  readonly name: string
  /** The type that its node expects; null if unknown. */
  readonly modelType: string | null
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

/** Far more than real workflows have: limits the work that a hostile file can cause. */
const maxNodes = 20_000
const maxNeededModels = 1_000
/** Nesting of values inside a widget, such as the rows of a LoRA stack. */
const maxDepth = 8

const maxNameLength = 400
const maxUrlLength = 2_000

type Json = Readonly<Record<string, unknown>>

interface ModelCollector {
  readonly byKey: Map<string, NeededModel>
  nodeCount: number
}

/**
 * The models that a ComfyUI workflow refers to, in order of appearance. Reads the API format, the editor
 * format with subgraphs and group nodes, and an object that contains either. Null if the value is not a
 * workflow.
 */
export function parseNeededModels(value: unknown): readonly NeededModel[] | null {
  const collector: ModelCollector = { byKey: new Map(), nodeCount: 0 }
  return readWorkflow(value, collector) ? [...collector.byKey.values()] : null
}

/** Merges the models of several workflows or formats; each fills in what the others leave unknown. */
export function mergeNeededModels(lists: readonly (readonly NeededModel[])[]): readonly NeededModel[] {
  const collector: ModelCollector = { byKey: new Map(), nodeCount: 0 }
  for (const model of lists.flat()) add(collector, model)
  return [...collector.byKey.values()]
}

function readWorkflow(value: unknown, collector: ModelCollector): boolean {
  if (!isJson(value)) return false
  if (Array.isArray(value['nodes'])) return readEditorFormat(value, collector)
  if (readApiFormat(value, collector)) return true
  const inner = [value['workflow'], value['prompt']].filter(isJson)
  return inner
    .map((workflow) =>
      Array.isArray(workflow['nodes'])
        ? readEditorFormat(workflow, collector)
        : readApiFormat(workflow, collector),
    )
    .includes(true)
}

/** `{ "3": { class_type, inputs } }` */
function readApiFormat(workflow: Json, collector: ModelCollector): boolean {
  const nodes = Object.values(workflow).slice(0, maxNodes)
  const isApi = nodes.some(
    (node) => isJson(node) && typeof node['class_type'] === 'string' && isJson(node['inputs']),
  )
  if (!isApi) return false
  for (const node of nodes) {
    if (!isJson(node)) continue
    const className = textOf(node['class_type'])
    const inputs = node['inputs']
    if (className === '' || !isJson(inputs)) continue
    for (const [input, value] of Object.entries(inputs)) {
      // An array is a link to another node: [id, slot].
      if (!Array.isArray(value)) addValues(collector, value, { className, input, isOff: false })
    }
  }
  return true
}

/** `{ nodes: [{ type, widgets_values, properties }], definitions: { subgraphs }, extra: { groupNodes } }` */
function readEditorFormat(value: Json, collector: ModelCollector): boolean {
  const graphs: unknown[] = [value]
  const definitions = value['definitions']
  if (isJson(definitions) && Array.isArray(definitions['subgraphs'])) graphs.push(...definitions['subgraphs'])
  const extra = value['extra']
  if (isJson(extra) && isJson(extra['groupNodes'])) graphs.push(...Object.values(extra['groupNodes']))
  let hasNodes = false
  for (const graph of graphs) {
    if (!isJson(graph) || !Array.isArray(graph['nodes'])) continue
    for (const node of graph['nodes'] as unknown[]) {
      if ((collector.nodeCount += 1) > maxNodes) break
      if (!isJson(node) || typeof node['type'] !== 'string') continue
      hasNodes = true
      readEditorNode(collector, node, node['type'])
    }
  }
  // Older templates list the models of the whole workflow here.
  addModelList(collector, value['models'], { className: '', isOff: false })
  return (
    hasNodes || graphs.some((graph) => isJson(graph) && Array.isArray(graph['nodes']) && 'links' in graph)
  )
}

/** LiteGraph's LGraphEventMode: 2 is NEVER (muted), 4 is BYPASS. */
const inactiveModes: readonly unknown[] = [2, 4]

function readEditorNode(collector: ModelCollector, node: Json, className: string): void {
  const isOff = inactiveModes.includes(node['mode'])
  const properties = node['properties']
  const widgets = node['widgets_values']
  if (isJson(widgets)) {
    for (const [input, value] of Object.entries(widgets))
      addValues(collector, value, { className, input, isOff })
  } else if (Array.isArray(widgets)) {
    const names = widgetNames(node, widgets.length)
    widgets.forEach((value: unknown, index) =>
      addValues(collector, value, { className, input: names[index] ?? null, isOff }),
    )
  }
  if (isJson(properties)) addModelList(collector, properties['models'], { className, isOff })
}

/**
 * Newer editors list each widget among the inputs, in order. The names fit the values only if the counts are
 * equal.
 */
function widgetNames(node: Json, count: number): readonly string[] {
  const inputs = Array.isArray(node['inputs']) ? (node['inputs'] as unknown[]) : []
  const names = inputs.flatMap((input) => {
    const widget = isJson(input) ? input['widget'] : null
    return isJson(widget) ? [textOf(widget['name'])] : []
  })
  return names.length === count ? names : []
}

interface Origin {
  readonly className: string
  readonly input: string | null
  readonly isOff: boolean
}

function addValues(collector: ModelCollector, value: unknown, origin: Origin, depth = 0): void {
  if (typeof value === 'string') return addText(collector, value, origin)
  if (depth >= maxDepth || value === null || typeof value !== 'object') return
  // A row of a LoRA stack is { on, lora, strength }.
  const isOff = origin.isOff || (isJson(value) && value['on'] === false)
  for (const [key, inner] of Object.entries(value).slice(0, maxNodes)) {
    addValues(
      collector,
      inner,
      { ...origin, input: Array.isArray(value) ? origin.input : key, isOff },
      depth + 1,
    )
  }
}

function addText(collector: ModelCollector, text: string, { className, input, isOff }: Origin): void {
  if (isNoteNode(className)) return
  const name = normalizeModelName(text)
  if (name !== null && isFolderInput(className, input)) {
    add(collector, {
      name,
      modelType: 'diffusers',
      url: null,
      sha256: null,
      isOff,
      nodes: [className],
      isFolder: true,
    })
  } else if (name !== null && hasModelExtension(name)) {
    add(collector, {
      name,
      modelType: modelTypeOfInput(className, input),
      url: null,
      sha256: null,
      isOff,
      nodes: [className],
    })
  } else {
    for (const embedding of embeddingNames(text)) {
      add(collector, {
        name: embedding,
        modelType: 'embeddings',
        url: null,
        sha256: null,
        isOff,
        nodes: [className],
      })
    }
  }
}

/** Adds a template's list of models: `[{ name, url, directory, hash, hash_type }]`. */
function addModelList(
  collector: ModelCollector,
  list: unknown,
  origin: { readonly className: string; readonly isOff: boolean },
): void {
  if (!Array.isArray(list)) return
  for (const entry of list.slice(0, maxNeededModels) as unknown[]) {
    if (!isJson(entry)) continue
    const name = normalizeModelName(textOf(entry['name']))
    if (name === null) continue
    const directory = textOf(entry['directory'])
    const hash = textOf(entry['hash']).toLowerCase()
    add(collector, {
      name,
      modelType: directory === '' ? null : (typeByFolderName(directory) ?? topFolder(directory)),
      url: httpUrl(textOf(entry['url'])),
      sha256: /^[0-9a-f]{64}$/.test(hash) ? hash : null,
      isOff: origin.isOff,
      nodes: origin.className === '' ? [] : [origin.className],
    })
  }
}

function add(collector: ModelCollector, model: NeededModel): void {
  const key = model.name.toLowerCase()
  const known = collector.byKey.get(key)
  if (!known && collector.byKey.size >= maxNeededModels) return
  if (!known) {
    collector.byKey.set(key, model)
    return
  }
  collector.byKey.set(key, {
    name: known.name,
    modelType: known.modelType ?? model.modelType,
    url: known.url ?? model.url,
    sha256: known.sha256 ?? model.sha256,
    isOff: known.isOff && model.isOff,
    nodes: [...new Set([...known.nodes, ...model.nodes])],
    ...(known.isFolder ? { isFolder: true } : {}),
  })
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '')

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Names of embeddings in a prompt: `embedding:name`, with or without an extension. */
function embeddingNames(text: string): string[] {
  const found = text.slice(0, 100_000).matchAll(/(?<![\w])embedding:([\w./\\-]{1,200})/g)
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

/** The first folder of a path, which names the model's type. */
function topFolder(directory: string): string {
  return (directory.replaceAll('\\', '/').split('/')[0] ?? '').slice(0, 50)
}

/** A normalised http or https URL; null for anything else. */
function httpUrl(text: string): string | null {
  if (text.length > maxUrlLength) return null
  const url = URL.parse(text)
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : null
}
