import { expect, test } from 'vitest'
import { parseNeededModels } from '../../../../electron/discovery/workflows/parse-workflow.ts'
import { startCpuTimer } from '../../../support/cpu-time.ts'

/** Name, type and whether the model is off. */
const modelsOf = (workflow: unknown) =>
  parseNeededModels(workflow)?.map(({ name, modelType, isOff }) => [name, modelType, isOff])

const input = (name: string, widget = name) => ({ name, widget: { name: widget }, link: 1 })
const loader = (id: number, name: string, change: object = {}) => ({
  id,
  type: 'UNETLoader',
  mode: 0,
  inputs: [input('unet_name'), input('weight_dtype')],
  widgets_values: [name, 'default'],
  ...change,
})
const subgraph = (id: string, nodes: readonly unknown[], change: object = {}) => ({
  id,
  nodes,
  links: [],
  ...change,
})
const workflow = (nodes: readonly unknown[], ...subgraphs: readonly unknown[]) => ({
  nodes,
  links: [],
  definitions: { subgraphs },
})
/** A link from an input of a subgraph to an input of a node in it. */
const link = (slot: number, target: number, targetSlot: number) => ({
  id: 9,
  origin_id: -10,
  origin_slot: slot,
  target_id: target,
  target_slot: targetSlot,
})

test('the values of a subgraph’s node replace those of the widgets inside', () => {
  const definition = subgraph('s', [loader(4, 'inner.safetensors'), loader(5, 'fixed.safetensors')])
  const node = (proxyWidgets: unknown, values: readonly unknown[]) => ({
    id: 1,
    type: 's',
    mode: 0,
    widgets_values: values,
    properties: { proxyWidgets },
  })
  const proxied = [
    ['4', 'weight_dtype'],
    ['4', 'unet_name'],
  ]
  const replaced = [
    ['fixed.safetensors', 'diffusion_models', false],
    ['outer.safetensors', 'diffusion_models', false],
  ]
  for (const proxyWidgets of [proxied, JSON.stringify(proxied)]) {
    const found = modelsOf(workflow([node(proxyWidgets, ['fp8', 'outer.safetensors'])], definition))
    expect(found?.sort()).toEqual(replaced)
  }
  const kept = modelsOf(workflow([node(proxied, [])], definition))
  expect(kept?.map(([name]) => name)).toEqual(['inner.safetensors', 'fixed.safetensors'])
  expect(modelsOf(workflow([node('[', ['outer.safetensors'])], definition))).toHaveLength(2)
  const tooDeep = `[["4", "unet_name", ${'['.repeat(130)}${']'.repeat(130)}]]`
  const ignored = modelsOf(workflow([node(tooDeep, ['outer.safetensors'])], definition))
  expect(ignored?.map(([name]) => name)).toEqual(['inner.safetensors', 'fixed.safetensors'])
})

test('values pass through the inputs of nested subgraphs', () => {
  const inner = subgraph('inner', [loader(4, 'inner.safetensors')], {
    inputs: [{ name: 'image' }, { name: 'model' }],
    links: [link(1, 4, 0)],
  })
  const middleNode = {
    id: 7,
    type: 'inner',
    widgets_values: ['middle.safetensors'],
    inputs: [{ name: 'image', link: 3 }, input('model', 'unet_name')],
  }
  const middle = subgraph('middle', [middleNode], { inputs: [{ name: 'model' }], links: [link(0, 7, 1)] })
  const outer = (values: readonly unknown[]) => ({
    type: 'middle',
    inputs: [input('model')],
    widgets_values: values,
  })
  const nameWith = (values: readonly unknown[]) =>
    modelsOf(workflow([outer(values)], inner, middle))?.map(([name]) => name)
  expect(nameWith(['outer.safetensors'])).toEqual(['outer.safetensors'])
  expect(nameWith([null])).toEqual(['middle.safetensors'])
})

test('a subgraph’s input sets the widget that it is linked to', () => {
  const nameIn = (targetInput: object) => {
    const node = {
      id: 4,
      type: 'UNETLoader',
      inputs: [{ name: 'model' }, targetInput],
      widgets_values: { unet_name: 'inner.pt' },
    }
    const links = [null, { ...link(1, 4, 0), origin_id: 3 }, link(0, 4, 0), link(1, 9, 0), link(1, 4, 1)]
    const inputs = [{ name: 'image' }, { name: 'chosen' }]
    const definition = subgraph('s', [node], { inputs, links })
    const outer = { type: 's', inputs: [input('chosen')], widgets_values: ['outer.pt'] }
    return modelsOf(workflow([outer], definition))?.map(([name]) => name)
  }
  expect(nameIn({ name: 'label', widget: { name: 'unet_name' } })).toEqual(['outer.pt'])
  expect(nameIn({ name: 'unet_name' })).toEqual(['outer.pt'])
})

test('models of a bypassed, muted or unused subgraph are off', () => {
  const definition = subgraph('s', [loader(4, 'x.safetensors')])
  const off = [['x.safetensors', 'diffusion_models', true]]
  expect(modelsOf(workflow([{ type: 's', mode: 4 }], definition))).toEqual(off)
  expect(modelsOf(workflow([{ type: 's', mode: 2 }], definition))).toEqual(off)
  expect(modelsOf(workflow([{ type: 'KSampler', mode: 0 }], definition))).toEqual(off)
  expect(
    modelsOf(
      workflow(
        [
          { type: 's', mode: 2 },
          { type: 's', mode: 0 },
        ],
        definition,
      ),
    ),
  ).toEqual([['x.safetensors', 'diffusion_models', false]])
})

test('limits subgraphs that contain themselves or each other many times', () => {
  const recursive = subgraph('s', [{ type: 's' }, { type: 's' }, loader(4, 'x.safetensors')])
  expect(modelsOf(workflow([{ type: 's' }], recursive))).toEqual([
    ['x.safetensors', 'diffusion_models', false],
  ])
  const chain = Array.from({ length: 15 }, (_, level) =>
    subgraph(`s${level}`, [loader(1, `${level}.pth`), ...Array<object>(9).fill({ type: `s${level + 1}` })]),
  )
  const cpuMs = startCpuTimer()
  expect(modelsOf(workflow([{ type: 's0' }], ...chain))).toHaveLength(15)
  expect(cpuMs()).toBeLessThan(5_000)
})
