import { hasModelExtension } from '../../recognition/file-names.ts'
import { typeByFolderName } from '../../recognition/kinds/folder-evidence.ts'
import { isNote, namesFolder, typeOfInput } from './workflow-loaders.ts'
import { embeddingsIn, tidyName, tidyType, webAddress } from './workflow-names.ts'

/** One model that a workflow names. */
export interface Need {
  /** As the workflow writes it, with `/` between folders: `faces/grain.safetensors`. */
  readonly name: string
  /** The type that its node asks for, or null when nothing tells. */
  readonly modelType: string | null
  /** Where the workflow says that it can be had: told to the person, never fetched. */
  readonly url: string | null
  /** 64 lower-case hex digits, when the workflow tells. */
  readonly sha256: string | null
  /** Every node that names it is muted or bypassed. */
  readonly isOff: boolean
  /** Classes of the nodes that name it. */
  readonly nodes: readonly string[]
  /** It is a folder with a `model_index.json` in it, and no single file. */
  readonly isFolder?: true
}

/** More than any workflow has; a file that has more is somebody's joke. */
const mostNodes = 20_000
const mostNeeds = 1_000
/** Subgraphs inside subgraphs, and stacks of LoRAs inside a widget. */
const deepest = 8

type Json = Readonly<Record<string, unknown>>

interface Finds {
  readonly byKey: Map<string, Need>
  nodes: number
}

/**
 * The models that a ComfyUI workflow names, in the order in which they are met: the format of its API, the one of its page with
 * subgraphs and group nodes, or an object that holds either. Null when it is no workflow.
 */
export function needsOf(value: unknown): readonly Need[] | null {
  const finds: Finds = { byKey: new Map(), nodes: 0 }
  return readAny(value, finds) ? [...finds.byKey.values()] : null
}

/** Joins what several readings of the same workflow found; each fills in what the other did not tell. */
export function joinNeeds(readings: readonly (readonly Need[])[]): readonly Need[] {
  const finds: Finds = { byKey: new Map(), nodes: 0 }
  for (const need of readings.flat()) add(finds, need)
  return [...finds.byKey.values()]
}

function readAny(value: unknown, finds: Finds): boolean {
  if (!isJson(value)) return false
  if (Array.isArray(value['nodes'])) return readPage(value, finds)
  if (readApi(value, finds)) return true
  const inner = [value['workflow'], value['prompt']].filter(isJson)
  return inner
    .map((one) => (Array.isArray(one['nodes']) ? readPage(one, finds) : readApi(one, finds)))
    .includes(true)
}

/** `{ "3": { class_type, inputs } }` */
function readApi(value: Json, finds: Finds): boolean {
  const nodes = Object.values(value).slice(0, mostNodes)
  const isApi = nodes.some(
    (node) => isJson(node) && typeof node['class_type'] === 'string' && isJson(node['inputs']),
  )
  if (!isApi) return false
  for (const node of nodes) {
    if (!isJson(node)) continue
    const className = textOf(node['class_type'])
    const inputs = node['inputs']
    if (className === '' || !isJson(inputs)) continue
    for (const [input, held] of Object.entries(inputs)) {
      // A link to another node is [id, slot].
      if (!Array.isArray(held)) addValues(finds, held, { className, input, isOff: false })
    }
  }
  return true
}

/** `{ nodes: [{ type, widgets_values, properties }], definitions: { subgraphs }, extra: { groupNodes } }` */
function readPage(value: Json, finds: Finds): boolean {
  const graphs: unknown[] = [value]
  const definitions = value['definitions']
  if (isJson(definitions) && Array.isArray(definitions['subgraphs'])) graphs.push(...definitions['subgraphs'])
  const extra = value['extra']
  if (isJson(extra) && isJson(extra['groupNodes'])) graphs.push(...Object.values(extra['groupNodes']))
  let isPage = false
  for (const graph of graphs) {
    if (!isJson(graph) || !Array.isArray(graph['nodes'])) continue
    for (const node of graph['nodes'] as unknown[]) {
      if ((finds.nodes += 1) > mostNodes) break
      if (!isJson(node) || typeof node['type'] !== 'string') continue
      isPage = true
      readPageNode(finds, node, node['type'])
    }
  }
  // Older templates list their models for the whole workflow.
  addListed(finds, value['models'], { className: '', isOff: false })
  return isPage || graphs.some((graph) => isJson(graph) && Array.isArray(graph['nodes']) && 'links' in graph)
}

/** LiteGraph's modes (litegraph: LGraphEventMode): 2 never, 4 bypass. */
const modesOff: readonly unknown[] = [2, 4]

function readPageNode(finds: Finds, node: Json, className: string): void {
  const isOff = modesOff.includes(node['mode'])
  const properties = node['properties']
  const widgets = node['widgets_values']
  if (isJson(widgets)) {
    for (const [input, held] of Object.entries(widgets)) addValues(finds, held, { className, input, isOff })
  } else if (Array.isArray(widgets)) {
    const names = widgetNames(node, widgets.length)
    widgets.forEach((held: unknown, at) =>
      addValues(finds, held, { className, input: names[at] ?? null, isOff }),
    )
  }
  if (isJson(properties)) addListed(finds, properties['models'], { className, isOff })
}

/** Newer pages list each widget among the inputs, in order; only where the numbers agree do the names belong to the values. */
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

function addValues(finds: Finds, held: unknown, origin: Origin, depth = 0): void {
  if (typeof held === 'string') return addText(finds, held, origin)
  if (depth >= deepest || held === null || typeof held !== 'object') return
  // A row of a LoRA stack: { on, lora, strength }.
  const isOff = origin.isOff || (isJson(held) && held['on'] === false)
  for (const [key, inner] of Object.entries(held).slice(0, mostNodes)) {
    addValues(finds, inner, { ...origin, input: Array.isArray(held) ? origin.input : key, isOff }, depth + 1)
  }
}

function addText(finds: Finds, text: string, { className, input, isOff }: Origin): void {
  if (isNote(className)) return
  const name = tidyName(text)
  if (name !== null && namesFolder(className, input)) {
    const none = { url: null, sha256: null }
    add(finds, { name, modelType: 'diffusers', ...none, isOff, nodes: [className], isFolder: true })
  } else if (name !== null && hasModelExtension(name)) {
    add(finds, {
      name,
      modelType: typeOfInput(className, input),
      url: null,
      sha256: null,
      isOff,
      nodes: [className],
    })
  } else {
    for (const embedding of embeddingsIn(text)) {
      add(finds, {
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

/** `[{ name, url, directory, hash, hash_type }]`, as templates carry them. */
function addListed(
  finds: Finds,
  listed: unknown,
  origin: { readonly className: string; readonly isOff: boolean },
): void {
  if (!Array.isArray(listed)) return
  for (const entry of listed.slice(0, mostNeeds) as unknown[]) {
    if (!isJson(entry)) continue
    const name = tidyName(textOf(entry['name']))
    if (name === null) continue
    const directory = textOf(entry['directory'])
    const hash = textOf(entry['hash']).toLowerCase()
    add(finds, {
      name,
      modelType: directory === '' ? null : (typeByFolderName(directory) ?? tidyType(directory)),
      url: webAddress(textOf(entry['url'])),
      sha256: /^[0-9a-f]{64}$/.test(hash) ? hash : null,
      isOff: origin.isOff,
      nodes: origin.className === '' ? [] : [origin.className],
    })
  }
}

function add(finds: Finds, need: Need): void {
  const key = need.name.toLowerCase()
  const known = finds.byKey.get(key)
  if (!known && finds.byKey.size >= mostNeeds) return
  if (!known) {
    finds.byKey.set(key, need)
    return
  }
  finds.byKey.set(key, {
    name: known.name,
    modelType: known.modelType ?? need.modelType,
    url: known.url ?? need.url,
    sha256: known.sha256 ?? need.sha256,
    isOff: known.isOff && need.isOff,
    nodes: [...new Set([...known.nodes, ...need.nodes])],
    ...(known.isFolder ? { isFolder: true } : {}),
  })
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '')

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
