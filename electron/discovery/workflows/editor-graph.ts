import { parseJson } from '../../platform/files/parse-json.ts'
import { isJson, listOf, textOf, type Json } from './needed-models.ts'

/** A node of an editor graph, as it is run. */
export interface GraphNode {
  readonly node: Json
  readonly className: string
  /** It, or a subgraph around it, is muted or bypassed, or its subgraph isn't used. */
  readonly isOff: boolean
  /** Values that the subgraph's node sets for widgets of this node, by their names. */
  readonly overrides: ReadonlyMap<string, unknown>
}

/** Far more than real workflows have: limits the work that a hostile file can cause. */
export const maxNodes = 20_000
const maxNesting = 16

/** LiteGraph's LGraphEventMode: 2 is NEVER (muted), 4 is BYPASS. */
const inactiveModes: readonly unknown[] = [2, 4]
/** The node id of a subgraph's inputs (ComfyUI frontend, SUBGRAPH_INPUT_ID). */
const subgraphInputId = -10

/** Class names of the nodes that stand for a group begin with this. */
const groupPrefix = 'workflow>'

type Overrides = Map<string, Map<string, unknown>>

interface Walk {
  readonly definitions: ReadonlyMap<string, Json>
  readonly unused: Set<string>
  nodeCount: number
}

/**
 * All nodes of a workflow in the editor format. The nodes of a subgraph or group node are listed once for
 * each node that uses it, with the values which that node sets. An unused subgraph's nodes count as off.
 */
export function* nodesOfWorkflow(workflow: Json): Generator<GraphNode> {
  const definitions = definitionsOf(workflow)
  const walk: Walk = { definitions, unused: new Set(definitions.keys()), nodeCount: 0 }
  yield* nodesOfGraph(walk, workflow, { isOff: false, depth: 0, overrides: new Map() })
  for (const id of walk.unused) {
    const graph = definitions.get(id)
    if (graph) yield* nodesOfGraph(walk, graph, { isOff: true, depth: 0, overrides: new Map() })
  }
}

/** Subgraphs by their ids, and the older group nodes by the class names of their nodes. */
function definitionsOf(workflow: Json): ReadonlyMap<string, Json> {
  const found = new Map<string, Json>()
  const definitions = workflow['definitions']
  const subgraphs = isJson(definitions) ? definitions['subgraphs'] : null
  for (const graph of listOf(subgraphs)) if (isJson(graph)) found.set(textOf(graph['id']), graph)
  const extra = workflow['extra']
  const groups = isJson(extra) ? extra['groupNodes'] : null
  if (isJson(groups)) {
    for (const [name, graph] of Object.entries(groups))
      if (isJson(graph)) found.set(groupPrefix + name, graph)
  }
  return found
}

interface GraphContext {
  readonly isOff: boolean
  readonly depth: number
  /** Values that the subgraph's node sets, by the id of the inner node. */
  readonly overrides: Overrides
}

function* nodesOfGraph(walk: Walk, graph: Json, context: GraphContext): Generator<GraphNode> {
  for (const node of nodeList(graph)) {
    if ((walk.nodeCount += 1) > maxNodes) return
    const className = node['type']
    if (typeof className !== 'string') continue
    const isOff = context.isOff || inactiveModes.includes(node['mode'])
    const overrides = context.overrides.get(idOf(node['id'])) ?? new Map<string, unknown>()
    // Older frontends separate the group's name by a slash.
    const id = className.replace(/^workflow\//, groupPrefix)
    const definition = walk.definitions.get(id)
    if (!definition) yield { node, className, isOff, overrides }
    else if (context.depth < maxNesting) {
      walk.unused.delete(id)
      const inner = id.startsWith(groupPrefix) ? withGroupValues(node, definition) : definition
      yield* nodesOfGraph(walk, inner, {
        isOff,
        depth: context.depth + 1,
        overrides: overridesFrom(node, definition, overrides),
      })
    }
  }
}

function nodeList(graph: Json): readonly Json[] {
  return listOf(graph['nodes']).filter(isJson)
}

const idOf = (id: unknown) => (typeof id === 'number' || typeof id === 'string' ? String(id) : '')

/**
 * A group's definition with the values of one of its nodes, which has the values of all inner nodes in a row.
 * The definition's own values may be older.
 */
function withGroupValues(node: Json, definition: Json): Json {
  const values = listOf(node['widgets_values'])
  let next = 0
  const nodes = nodeList(definition).map((inner) => {
    const own = inner['widgets_values']
    if (!Array.isArray(own)) return inner
    next += own.length
    return { ...inner, widgets_values: values.slice(next - own.length, next) }
  })
  return next === values.length ? { ...definition, nodes } : definition
}

/** The values that a subgraph's node sets for the widgets inside. */
function overridesFrom(node: Json, definition: Json, outer: ReadonlyMap<string, unknown>): Overrides {
  const result: Overrides = new Map()
  const set = (target: WidgetPath | null | undefined, value: unknown) => {
    if (!target || value === null || value === undefined) return
    const widgets = result.get(target.nodeId) ?? new Map<string, unknown>()
    result.set(target.nodeId, widgets.set(target.widget, value))
  }
  const values = listOf(node['widgets_values'])
  const promoted = [proxiedWidgets(node, definition), inputWidgets(node, definition)]
  // Older frontends store no values here; then those of the inner nodes apply.
  const ordered = promoted.find((widgets) => widgets.length === values.length) ?? []
  ordered.forEach(({ target }, index) => set(target, values[index]))
  for (const [name, value] of outer) {
    set(promoted.flat().find(({ names }) => names.includes(name))?.target, value)
  }
  return result
}

interface WidgetPath {
  readonly nodeId: string
  readonly widget: string
}

/** A widget on a subgraph's node that stands for one inside. */
interface PromotedWidget {
  readonly names: readonly string[]
  readonly target: WidgetPath | null
}

/** The promoted widgets that are inputs of a subgraph's node, in the order of its values. */
function inputWidgets(node: Json, definition: Json): readonly PromotedWidget[] {
  const inputs = listOf(node['inputs'])
  return inputs.flatMap((input) => {
    if (!isJson(input) || !isJson(input['widget'])) return []
    const name = textOf(input['name'])
    return [{ names: [name, textOf(input['widget']['name'])], target: widgetBehindInput(definition, name) }]
  })
}

/** The promoted widgets that the node's properties list, in the order of its values. */
function proxiedWidgets(node: Json, definition: Json): readonly PromotedWidget[] {
  const properties = node['properties']
  const entries = isJson(properties) ? proxyEntries(properties['proxyWidgets']) : []
  return entries.map(([nodeId, widget]) => ({
    names: [widget],
    // The id -1 stands for an input of the subgraph.
    target: nodeId === '-1' ? widgetBehindInput(definition, widget) : { nodeId, widget },
  }))
}

/** Lists of thousands of widgets have some hundred kilobytes. */
const maxProxyBytes = 1024 ** 2

/** `[[id of the inner node, name of its widget], …]`, which some versions store as text. */
function proxyEntries(value: unknown): readonly (readonly [nodeId: string, widget: string])[] {
  const list = typeof value === 'string' ? parseJson(Buffer.from(value), maxProxyBytes) : value
  return listOf(list).map((entry) =>
    Array.isArray(entry) ? ([idOf(entry[0]), textOf(entry[1])] as const) : (['', ''] as const),
  )
}

/** The inner widget that an input of a subgraph is linked to. */
function widgetBehindInput(definition: Json, name: string): WidgetPath | null {
  const inputs = listOf(definition['inputs'])
  const links = listOf(definition['links'])
  const slot = inputs.findIndex((input) => isJson(input) && input['name'] === name)
  if (slot < 0) return null
  for (const link of links) {
    if (!isJson(link) || link['origin_id'] !== subgraphInputId || link['origin_slot'] !== slot) continue
    const target = nodeList(definition).find((node) => idOf(node['id']) === idOf(link['target_id']))
    const targetInputs = listOf(target?.['inputs'])
    const input = targetInputs[Number(link['target_slot'])]
    if (!isJson(input)) continue
    const widget = isJson(input['widget']) ? textOf(input['widget']['name']) : textOf(input['name'])
    return { nodeId: idOf(link['target_id']), widget }
  }
  return null
}

/** The names of a node's widgets in the order of its values; null for a value that no input stands for. */
export function widgetNames(node: Json, values: readonly unknown[]): readonly (string | null)[] {
  const inputs = listOf(node['inputs'])
  const names = inputs.flatMap((input) => {
    const widget = isJson(input) ? input['widget'] : null
    return isJson(widget) ? [textOf(widget['name'])] : []
  })
  if (names.length === values.length) return names
  // The editor adds a value after each seed, which has no input.
  let next = 0
  let isAfterSeed = false
  const aligned = values.map((value) => {
    const isControl = isAfterSeed && seedControls.includes(value)
    const name = isControl ? null : (names[next++] ?? null)
    isAfterSeed = /seed/i.test(name ?? '')
    return name
  })
  return next === names.length ? aligned : []
}

/** Values of `control_after_generate` (ComfyUI frontend, scripts/widgets.ts). */
const seedControls: readonly unknown[] = ['fixed', 'increment', 'decrement', 'randomize']
