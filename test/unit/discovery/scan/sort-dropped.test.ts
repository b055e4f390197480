import { expect, test } from 'vitest'
import { leftAside, sortDropped } from '../../../../electron/discovery/scan/sort-dropped.ts'
import { homePath } from '../../../../electron/discovery/places/home-path.ts'
import { createKnownFolders } from '../../../../electron/discovery/places/remembered-folders.ts'

test('what was dropped is sorted by its names', () => {
  expect(sortDropped(['/d/a.json', '/d/b.PNG', '/d/c.yaml', '/d/e.safetensors', '/d/models'])).toEqual({
    workflows: ['/d/a.json', '/d/b.PNG'],
    beyond: [],
    yamls: ['/d/c.yaml'],
    rest: ['/d/e.safetensors', '/d/models'],
  })
})

test('pictures and notes beside a model of their name stay with it', () => {
  const beside = [
    '/d/m.safetensors',
    '/d/m.png',
    '/d/m.preview.png',
    '/d/m.json',
    '/d/m.yaml',
    '/d/other.png',
  ]
  expect(sortDropped(beside)).toMatchObject({ workflows: ['/d/other.png'], yamls: [] })
})

test('a folder full of pictures is not opened picture by picture', () => {
  const many = Array.from({ length: 300 }, (_, at) => `/d/${at}.png`)
  const { workflows, beyond, rest } = sortDropped(many)
  expect([workflows.length, beyond.length, rest.length]).toEqual([20, 280, 0])
})

test('the index of a model in parts goes with its parts, and a namesake in another folder is no sidecar', () => {
  const parts = ['/d/m-00001-of-00002.safetensors', '/d/m-00002-of-00002.safetensors']
  const { workflows, rest } = sortDropped([...parts, '/d/m.safetensors.index.json', '/e/m.png'])
  expect([workflows, rest]).toEqual([['/e/m.png'], [...parts, '/d/m.safetensors.index.json']])
})

test('what held nothing is said to, what nobody looked into as well, and nothing of it is added', () => {
  const sorted = {
    workflows: ['/d/a.png', '/d/b.png', '/d/c.json'],
    beyond: ['/d/e.png'],
    yamls: ['/d/f.yaml'],
  }
  const looked = { taken: new Set(['/d/a.png']), unread: new Set(['/d/c.json']) }
  expect(leftAside({ ...sorted, rest: [] }, looked)).toEqual([
    { name: 'b.png', reason: 'no-workflow' },
    { name: 'c.json', reason: 'workflow-unread' },
    { name: 'e.png', reason: 'too-many-workflows' },
    { name: 'f.yaml', reason: 'no-model-folders' },
  ])
})

test.each([
  ['/home/mira/ComfyUI', '/home/mira', 'linux', '~/ComfyUI'],
  ['/home/mira', '/home/mira/', 'linux', '~'],
  ['/home/miranda/x', '/home/mira', 'linux', '/home/miranda/x'],
  ['C:\\Users\\Mira\\AI', 'C:\\Users\\Mira', 'win32', '~\\AI'],
  ['/data/x', '', 'linux', '/data/x'],
] as const)('%s reads from %s', (path, home, platform, words) =>
  expect(homePath(path, home, platform)).toBe(words),
)

test('folders are remembered newest first, each once, and not without end', () => {
  let text: string | null = 'not json'
  const known = createKnownFolders({ get: () => text, set: (now) => (text = now) })
  expect(known.list()).toEqual([])
  for (let at = 0; at < 40; at += 1) known.add(`/f/${at}`)
  known.add('/f/20')
  expect([known.list().length, known.list().slice(0, 2)]).toEqual([30, ['/f/20', '/f/39']])
})
