import { expect, test } from 'vitest'
import {
  bulkOutcomes,
  noBulkChange,
  undoneTarget,
  unknownFields,
  type BulkFile,
} from '../../../renderer/uploads/bulk-edit/bulk-change.ts'

function file(name: string, change: Partial<BulkFile> = {}): BulkFile {
  return {
    id: name,
    fileName: `${name}.safetensors`,
    base: 'SDXL',
    teamKey: 'team',
    target: { displayName: name, modelType: 'loras', modelPath: `models/loras/faces/${name}.safetensors` },
    ...change,
  }
}

const paths = (...args: Parameters<typeof bulkOutcomes>) =>
  bulkOutcomes(...args).map(({ after, problem }) => [after.modelPath, problem])

test('empty texts leave every part as it is', () => {
  const [outcome] = bulkOutcomes([file('one')], noBulkChange)
  expect(outcome).toEqual({
    id: 'one',
    before: file('one').target,
    after: file('one').target,
    isChanged: false,
    problem: null,
  })
})

test('a new type takes the path along, with the folders below it', () => {
  const [outcome] = bulkOutcomes([file('one')], { ...noBulkChange, modelType: 'vae' })
  expect(outcome?.after).toEqual({
    displayName: 'one',
    modelType: 'vae',
    modelPath: 'models/vae/faces/one.safetensors',
  })
})

test('a path that lies outside its type stays where it is when the type changes', () => {
  const other = file('one', {
    target: { displayName: 'one', modelType: 'loras', modelPath: 'mine/one.safetensors' },
  })
  expect(paths([other], { ...noBulkChange, modelType: 'vae' })).toEqual([['mine/one.safetensors', null]])
})

test('fields are filled in for each file, and numbers count with as many digits as asked', () => {
  const change = {
    modelType: 'checkpoints',
    folder: 'models/{type}/{base}/{folder}',
    fileName: '{nnn}-{name}.{ext}',
    displayName: '{name} ({base})',
  }
  const outcomes = bulkOutcomes([file('one'), file('two', { base: 'Flux.1' })], change)
  expect(outcomes.map(({ after }) => after)).toEqual([
    {
      displayName: 'one (SDXL)',
      modelType: 'checkpoints',
      modelPath: 'models/checkpoints/SDXL/faces/001-one.safetensors',
    },
    {
      displayName: 'two (Flux.1)',
      modelType: 'checkpoints',
      modelPath: 'models/checkpoints/Flux.1/faces/002-two.safetensors',
    },
  ])
})

test('a field that is empty for a file leaves no empty folder', () => {
  const change = { ...noBulkChange, folder: 'models/{base}/{type}' }
  expect(paths([file('one', { base: null })], change)).toEqual([['models/loras/one.safetensors', null]])
})

test('what comes from a file is cleaned for the server, what a person typed is not', () => {
  const odd = file('odd', { fileName: 'Größe [v2]+.safetensors' })
  expect(paths([odd], { ...noBulkChange, fileName: '{name}.{ext}' })).toEqual([
    ['models/loras/faces/Grosse_v2.safetensors', null],
  ])
  expect(paths([odd], { ...noBulkChange, fileName: 'größe.{ext}' })).toEqual([
    ['models/loras/faces/größe.safetensors', 'path'],
  ])
  expect(paths([odd], { ...noBulkChange, folder: '/models/x' })[0]?.[1]).toBe('path')
})

test('two files under one path are both marked, in whatever case', () => {
  const change = { ...noBulkChange, fileName: 'same.{ext}' }
  expect(paths([file('one'), file('two')], change).map(([, problem]) => problem)).toEqual(['meets', 'meets'])
  const upper = { ...file('x').target, modelPath: 'models/loras/faces/SAME.safetensors' }
  expect(paths([file('one')], change, [{ teamKey: 'team', target: upper }])[0]?.[1]).toBe('meets')
})

test('files of different teams never meet', () => {
  const change = { ...noBulkChange, fileName: 'same.{ext}' }
  expect(
    paths([file('one'), file('two', { teamKey: 'other' })], change).map(([, problem]) => problem),
  ).toEqual([null, null])
})

test('a word in braces that means nothing is named and refuses every file', () => {
  expect(unknownFields('{name}{size}{nnnnnnn}{}')).toEqual(['size', 'nnnnnnn', ''])
  expect(paths([file('one')], { ...noBulkChange, folder: 'models/{size}' })[0]?.[1]).toBe('field')
})

test('names and types have the lengths that the server takes', () => {
  const long = 'x'.repeat(256)
  expect(bulkOutcomes([file('one')], { ...noBulkChange, displayName: long })[0]?.problem).toBe('name')
  expect(bulkOutcomes([file('one')], { ...noBulkChange, modelType: 'x'.repeat(51) })[0]?.problem).toBe('type')
})

test('ten thousand files are seen through in well under a second', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => file(`file-${index}`))
  const fromMs = performance.now()
  const outcomes = bulkOutcomes(many, {
    ...noBulkChange,
    folder: 'models/{type}/{base}',
    fileName: '{n}-{name}.{ext}',
  })
  expect([outcomes.length, outcomes.every(({ problem }) => problem === null)]).toEqual([10_000, true])
  expect(performance.now() - fromMs).toBeLessThan(1_000)
})

test('taking a change back leaves alone what has become something else since', () => {
  const { target: before } = file('Grain')
  const after = { ...before, modelType: 'vae', modelPath: 'models/vae/Grain.safetensors' }
  expect(undoneTarget(after, { before, after })).toEqual(before)
  const now = { ...after, displayName: 'Film grain', modelPath: 'models/vae/film.safetensors' }
  expect(undoneTarget(now, { before, after })).toEqual({
    displayName: 'Film grain',
    modelType: 'loras',
    modelPath: 'models/vae/film.safetensors',
  })
})
