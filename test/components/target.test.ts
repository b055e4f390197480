import { expect, test } from 'vitest'
import { libraryPathProblem } from '../../electron/contract/library-path.ts'
import { targetChange, targetProblem, suggestTypes } from '../../renderer/uploads/row/target.ts'

const target = { displayName: 'Film grain', modelType: 'loras', modelPath: 'models/loras/film.safetensors' }

test('explains a refused path and offers one that the server takes', () => {
  const problem = targetProblem('modelPath', 'models/loras/Ghibli 风 (v2).safetensors')
  expect(problem).toMatchObject({ kind: 'path', problem: 'characters', refused: ['风', '(', ')'] })
  const suggestion = problem?.kind === 'path' ? problem.suggestion : null
  expect(suggestion === null ? 'none' : libraryPathProblem(suggestion)).toBeNull()
})

test('offers nothing in place of an empty path', () => {
  expect(targetProblem('modelPath', ' ')).toMatchObject({ problem: 'empty', suggestion: null })
})

test('counts a name’s characters as people do', () => {
  expect(targetProblem('displayName', '🚢'.repeat(255))).toBeNull()
  expect(targetProblem('displayName', '🚢'.repeat(256))).toEqual({ kind: 'length', field: 'displayName' })
  expect(targetProblem('modelType', '  ')).toEqual({ kind: 'length', field: 'modelType' })
})

test('moves the path along when the type changes and the path was in that type’s folder', () => {
  expect(targetChange(target, 'modelType', 'vae')).toEqual({
    modelType: 'vae',
    modelPath: 'models/vae/film.safetensors',
  })
  expect(targetChange({ ...target, modelPath: 'mine/film.safetensors' }, 'modelType', 'vae')).toEqual({
    modelType: 'vae',
  })
})

test('changes nothing when nothing was changed', () => {
  expect(targetChange(target, 'displayName', ' Film grain ')).toEqual({})
})

test('offers known types, those that begin with what was typed first', () => {
  expect(suggestTypes('model').slice(0, 2)).toEqual(['model_patches', 'diffusion_models'])
  expect(suggestTypes('mine')).toEqual([])
})
