import { expect, test } from 'vitest'
import { classifyDropped, skippedFiles } from '../../../../electron/discovery/places/dropped-files.ts'

test('sorts files by their names into workflows, yaml files and models', () => {
  const models = ['/d/e.safetensors', '/d/f.txt', '/d/models']
  expect(classifyDropped(['/d/a.json', '/d/b.PNG', '/d/b.webp', '/d/c.yaml', ...models])).toEqual({
    workflowCandidates: ['/d/a.json', '/d/b.PNG', '/d/b.webp'],
    excessCandidates: [],
    yamlFiles: ['/d/c.yaml'],
    modelPaths: models,
  })
})

test('opens pictures, videos, sounds and 3D models as workflows unless they accompany a model', () => {
  const names = [
    'a.jpg',
    'b.avif',
    'c.mp4',
    'd.webm',
    'e.flac',
    'f.mp3',
    'g.opus',
    'h.glb',
    'i.svg',
    'j.latent',
  ]
  const paths = names.map((name) => `/d/${name}`)
  const dropped = classifyDropped([...paths, '/d/m.safetensors', '/d/m.jpg'])
  expect([dropped.workflowCandidates, dropped.modelPaths]).toEqual([paths, ['/d/m.safetensors', '/d/m.jpg']])
})

test('keeps images, notes and yaml files with a model of the same name', () => {
  const paths = ['/d/m.safetensors', '/d/m.png', '/d/m.preview.png', '/d/m.json', '/d/m.yaml', '/d/other.png']
  expect(classifyDropped(paths)).toMatchObject({ workflowCandidates: ['/d/other.png'], yamlFiles: [] })
})

test('opens no more than twenty images of a folder', () => {
  const images = Array.from({ length: 300 }, (_, index) => `/d/${index}.png`)
  const { workflowCandidates, excessCandidates, modelPaths } = classifyDropped(images)
  expect([workflowCandidates.length, excessCandidates.length, modelPaths.length]).toEqual([20, 280, 0])
})

test('keeps an index with its shards, but no image of the same name in another folder', () => {
  const shards = ['/d/m-00001-of-00002.safetensors', '/d/m-00002-of-00002.safetensors']
  const { workflowCandidates, modelPaths } = classifyDropped([
    ...shards,
    '/d/m.safetensors.index.json',
    '/e/m.png',
  ])
  expect([workflowCandidates, modelPaths]).toEqual([['/e/m.png'], [...shards, '/d/m.safetensors.index.json']])
})

test('gives a reason for each file that held nothing or was not checked', () => {
  const dropped = {
    workflowCandidates: ['/d/a.png', '/d/b.png', '/d/c.json'],
    excessCandidates: ['/d/e.png'],
    yamlFiles: ['/d/f.yaml'],
    modelPaths: [],
  }
  const outcome = { used: new Set(['/d/a.png']), unread: new Set(['/d/c.json']) }
  expect(skippedFiles(dropped, outcome)).toEqual([
    { name: 'b.png', reason: 'no-workflow' },
    { name: 'c.json', reason: 'workflow-unread' },
    { name: 'e.png', reason: 'too-many-workflows' },
    { name: 'f.yaml', reason: 'no-model-folders' },
  ])
})
