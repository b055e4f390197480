import { expect, test } from 'vitest'
import { libraryPathProblem } from '../../../electron/contract/library-path.ts'
import { targetChange, targetProblem, suggestTypes } from '../../../renderer/uploads/row/target.ts'

const target = { displayName: 'Film grain', modelType: 'loras', modelPath: 'models/loras/film.safetensors' }

test('explains an invalid path and suggests a valid one', () => {
  const problem = targetProblem('modelPath', 'models/loras/Ghibli 风 (v2).safetensors')
  expect(problem).toMatchObject({ kind: 'path', problem: 'characters', refused: ['风', '(', ')'] })
  const suggestion = problem?.kind === 'path' ? problem.suggestion : null
  expect(suggestion === null ? 'none' : libraryPathProblem(suggestion)).toBeNull()
})

test('suggests nothing for an empty path', () => {
  expect(targetProblem('modelPath', ' ')).toMatchObject({ problem: 'empty', suggestion: null })
})

test('counts code points of a name, not UTF-16 units', () => {
  expect(targetProblem('displayName', '🚢'.repeat(255))).toBeNull()
  expect(targetProblem('displayName', '🚢'.repeat(256))).toEqual({ kind: 'length', field: 'displayName' })
  expect(targetProblem('modelType', '  ')).toEqual({ kind: 'length', field: 'modelType' })
})

test('moves the suggested path with the type', () => {
  expect(targetChange({ target }, 'modelType', 'vae')).toEqual({
    modelType: 'vae',
    modelPath: 'models/vae/film.safetensors',
  })
})

test('keeps an edited path when the type changes', () => {
  for (const modelPath of ['mine/film.safetensors', 'models/loras/client/film.safetensors']) {
    const row = { target: { ...target, modelPath }, isPathEdited: true } as const
    expect(targetChange(row, 'modelType', 'vae')).toEqual({ modelType: 'vae' })
  }
})

test('returns no change for an unchanged value', () => {
  expect(targetChange({ target }, 'displayName', ' Film grain ')).toEqual({})
})

test('suggests known types, those that start with the text first', () => {
  expect(suggestTypes('model').slice(0, 2)).toEqual(['model_patches', 'diffusion_models'])
  expect(suggestTypes('mine')).toEqual([])
})
