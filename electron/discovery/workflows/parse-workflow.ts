import { parseJson } from '../../platform/files/parse-json.ts'
import { maxNodes, nodesOfWorkflow, widgetNames, type GraphNode } from './editor-graph.ts'
import { isJson, NeededModels, textOf, type Json, type NeededModel } from './needed-models.ts'

/** Workflows with embedded images have a few megabytes. */
export const maxWorkflowBytes = 16 * 1024 ** 2

/**
 * The models that a ComfyUI workflow refers to, in order of appearance. Reads the API format, the editor
 * format with subgraphs and group nodes, and an object that contains either. Null if the value is not a
 * workflow.
 */
export function parseNeededModels(value: unknown): readonly NeededModel[] | null {
  const models = new NeededModels()
  return readWorkflow(value, models) ? models.list() : null
}

/** Merges the models of several workflows or formats; each fills in what the others leave unknown. */
export function mergeNeededModels(lists: readonly (readonly NeededModel[])[]): readonly NeededModel[] {
  const models = new NeededModels()
  for (const model of lists.flat()) models.add(model)
  return models.list()
}

function readWorkflow(value: unknown, models: NeededModels): boolean {
  if (!isJson(value)) return false
  if (readFormat(value, models)) return true
  return containersIn(value)
    .filter(isJson)
    .flatMap((container) => [container['workflow'], container['prompt'], container['output']])
    .map((inner) => (typeof inner === 'string' ? parseJson(Buffer.from(inner), maxWorkflowBytes) : inner))
    .map((inner) => isJson(inner) && readFormat(inner, models))
    .includes(true)
}

/** What may hold a workflow: a request to ComfyUI's `/prompt`, a binary glTF's asset, and a latent's header. */
function containersIn(value: Json): readonly unknown[] {
  const inner = (key: string, innerKey: string) => {
    const object = value[key]
    return isJson(object) ? object[innerKey] : null
  }
  return [
    ...[value, value['extra_pnginfo'], value['__metadata__']],
    ...[inner('extra_data', 'extra_pnginfo'), inner('asset', 'extras')],
  ]
}

function readFormat(workflow: Json, models: NeededModels): boolean {
  return Array.isArray(workflow['nodes'])
    ? readEditorFormat(workflow, models)
    : readApiFormat(workflow, models)
}

/** `{ "3": { class_type, inputs } }` */
function readApiFormat(workflow: Json, models: NeededModels): boolean {
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
    for (const [widget, value] of Object.entries(inputs)) {
      // An array is a link to another node: [id, slot].
      if (!Array.isArray(value)) models.addValue(value, { className, widget, index: null, isOff: false })
    }
  }
  return true
}

/** `{ nodes: [{ type, widgets_values, properties }], definitions: { subgraphs }, extra: { groupNodes } }` */
function readEditorFormat(workflow: Json, models: NeededModels): boolean {
  let hasNodes = false
  for (const graphNode of nodesOfWorkflow(workflow)) {
    hasNodes = true
    readEditorNode(models, graphNode)
  }
  // Older templates list the models of the whole workflow here.
  models.addList(workflow['models'], { className: '', isOff: false, selected: null })
  return hasNodes || 'links' in workflow
}

function readEditorNode(models: NeededModels, { node, className, isOff, overrides }: GraphNode): void {
  const found: string[] = []
  const read = (value: unknown, widget: string | null, index: number | null) => {
    found.push(...models.addValue(value, { className, widget, index, isOff }))
  }
  const widgets = node['widgets_values']
  if (isJson(widgets)) {
    for (const [widget, value] of Object.entries(widgets)) {
      if (!overrides.has(widget)) read(value, widget, null)
    }
  } else if (Array.isArray(widgets)) {
    const names = widgetNames(node, widgets)
    widgets.forEach((value: unknown, index) => {
      const widget = names[index] ?? null
      if (widget === null || !overrides.has(widget)) read(value, widget, index)
    })
  }
  for (const [widget, value] of overrides) read(value, widget, null)
  const properties = node['properties']
  if (!isJson(properties)) return
  const hasWidgets = overrides.size > 0 || (widgets !== undefined && widgets !== null)
  models.addList(properties['models'], { className, isOff, selected: hasWidgets ? found : null })
}
