import { expect, test } from 'vitest'
import {
  bulkOutcomes,
  noBulkChange,
  undoneTarget,
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

test('rejects every file if a placeholder is unknown', () => {
  expect(paths([file('one')], { ...noBulkChange, folder: 'models/{size}' })[0]?.[1]).toBe('field')
})

test('moves the path and its subfolders with the type', () => {
  const [outcome] = bulkOutcomes([file('one')], { ...noBulkChange, modelType: 'vae' })
  expect(outcome?.after).toEqual({
    displayName: 'one',
    modelType: 'vae',
    modelPath: 'models/vae/faces/one.safetensors',
  })
})

test('fills in placeholders for each file, and pads numbers to the requested digits', () => {
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

test('cleans values taken from a file, but not text that the user typed', () => {
  const odd = file('odd', { fileName: 'Größe [v2]+.safetensors' })
  expect(paths([odd], { ...noBulkChange, fileName: '{name}.{ext}' })).toEqual([
    ['models/loras/faces/Grosse_v2.safetensors', null],
  ])
  expect(paths([odd], { ...noBulkChange, fileName: 'größe.{ext}' })).toEqual([
    ['models/loras/faces/größe.safetensors', 'path'],
  ])
  expect(paths([odd], { ...noBulkChange, folder: '/models/x' })[0]?.[1]).toBe('path')
})

test('marks both files that get the same path, ignoring case', () => {
  const change = { ...noBulkChange, fileName: 'same.{ext}' }
  expect(paths([file('one'), file('two')], change).map(([, problem]) => problem)).toEqual(['meets', 'meets'])
  const upper = { ...file('x').target, modelPath: 'models/loras/faces/SAME.safetensors' }
  expect(paths([file('one')], change, { others: [{ teamKey: 'team', target: upper }] })[0]?.[1]).toBe('meets')
})

test('the present path of another file is taken if files are changed one after the other', () => {
  const at = (id: string, modelPath: string) => file(id, { target: { ...file(id).target, modelPath } })
  const shifted = [at('one', 'models/a-2.safetensors'), at('two', 'models/a-1.safetensors')]
  const change = { ...noBulkChange, fileName: 'a-{n}.{ext}' }
  const problems = (isOneByOne: boolean) =>
    paths(shifted, change, { isOneByOne }).map(([, problem]) => problem)
  expect([problems(false), problems(true)]).toEqual([
    [null, null],
    ['meets', 'meets'],
  ])
  // A file may keep its own.
  const kept = paths([at('one', 'models/a-1.safetensors')], change, { isOneByOne: true })
  expect(kept).toEqual([['models/a-1.safetensors', null]])
})

test('undoes only parts that were not changed since', () => {
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
