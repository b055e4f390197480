import { expect, test } from 'vitest'
import {
  bulkOutcomes,
  modelFields,
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

test('changes nothing for empty fields', () => {
  const [outcome] = bulkOutcomes([file('one')], noBulkChange)
  expect(outcome).toEqual({
    id: 'one',
    before: file('one').target,
    after: file('one').target,
    isChanged: false,
    problem: null,
  })
})

test('moves the path and its subfolders with the type', () => {
  const [outcome] = bulkOutcomes([file('one')], { ...noBulkChange, modelType: 'vae' })
  expect(outcome?.after).toEqual({
    displayName: 'one',
    modelType: 'vae',
    modelPath: 'models/vae/faces/one.safetensors',
  })
})

test('keeps a path outside the type’s folder when the type changes', () => {
  const other = file('one', {
    target: { displayName: 'one', modelType: 'loras', modelPath: 'mine/one.safetensors' },
  })
  expect(paths([other], { ...noBulkChange, modelType: 'vae' })).toEqual([['mine/one.safetensors', null]])
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

test('leaves no empty folder for an empty placeholder', () => {
  const change = { ...noBulkChange, folder: 'models/{base}/{type}' }
  expect(paths([file('one', { base: null })], change)).toEqual([['models/loras/one.safetensors', null]])
  const undecided = file('two', { base: 'Flux.1 / Chroma' })
  expect(paths([undecided], change)).toEqual([['models/loras/two.safetensors', null]])
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

test('does not compare paths of different teams', () => {
  const change = { ...noBulkChange, fileName: 'same.{ext}' }
  expect(
    paths([file('one'), file('two', { teamKey: 'other' })], change).map(([, problem]) => problem),
  ).toEqual([null, null])
})

test('names an unknown placeholder and rejects every file', () => {
  expect(unknownFields('{name}{size}{nnnnnnn}{}')).toEqual(['size', 'nnnnnnn', ''])
  expect(paths([file('one')], { ...noBulkChange, folder: 'models/{size}' })[0]?.[1]).toBe('field')
})

test('rejects the placeholder for the base model where base models are not known', () => {
  const change = { ...noBulkChange, fileName: '{base}-{name}.{ext}' }
  const fields = modelFields
  expect(paths([file('one', { base: null })], change, { fields })).toEqual([
    ['models/loras/faces/{base}-one.safetensors', 'field'],
  ])
})

test('limits the length of names and types', () => {
  const long = 'x'.repeat(256)
  expect(bulkOutcomes([file('one')], { ...noBulkChange, displayName: long })[0]?.problem).toBe('name')
  expect(bulkOutcomes([file('one')], { ...noBulkChange, modelType: 'x'.repeat(51) })[0]?.problem).toBe('type')
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

test('reads each of ten thousand files only a few times', () => {
  let readCount = 0
  const counted = <T extends object>(one: T) =>
    new Proxy(one, { get: (target, key): unknown => ((readCount += 1), Reflect.get(target, key)) })
  const many = Array.from({ length: 10_000 }, (_, index) => counted(file(`file-${index}`)))
  const outcomes = bulkOutcomes(many, {
    ...noBulkChange,
    folder: 'models/{type}/{base}',
    fileName: '{n}-{name}.{ext}',
  })
  expect([outcomes.length, outcomes.every(({ problem }) => problem === null)]).toEqual([10_000, true])
  expect(readCount / many.length).toBeLessThan(40)
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
