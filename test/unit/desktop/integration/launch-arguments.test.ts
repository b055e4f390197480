import { expect, test } from 'vitest'
import {
  pathsFromArguments,
  remoteAddresses,
} from '../../../../electron/desktop/integration/launch-arguments.ts'

const existing = new Set(['/models/a.safetensors', '/models/b c.gguf', '/work', '/models/-odd.gguf'])

const paths = (...argv: string[]) =>
  pathsFromArguments({
    argv: ['/opt/modelferry/modelferry', ...argv],
    folder: '/models',
    ignoredPaths: ['/work'],
    exists: (path) => existing.has(path),
  })

test('files are taken relative to the folder of the start, as whole paths, each once', () => {
  expect(paths('a.safetensors', '/models/b c.gguf', './a.safetensors')).toEqual([
    '/models/a.safetensors',
    '/models/b c.gguf',
  ])
})

test('switches, missing files and empty arguments are no files', () => {
  expect(paths('--enable-logging', '-psn_0_1', 'missing.gguf', '', '--', '')).toEqual([])
})

test('the app itself and what is loaded before it are no files', () => {
  expect(paths('-r', '/models/a.safetensors', '/work')).toEqual([])
})

test('after two dashes a name may begin with a dash', () => {
  expect(paths('--', '-odd.gguf')).toEqual(['/models/-odd.gguf'])
})

test('a start with a link brings no files, wherever they stand', () => {
  expect(paths('modelferry://x', 'a.safetensors')).toEqual([])
  expect(paths('a.safetensors', 'MODELFERRY:')).toEqual([])
  expect(paths('--', 'modelferry:x', '/models/b c.gguf')).toEqual([])
})

test('addresses of shares and devices are told apart from files, links and switches', () => {
  const remote = (...argv: string[]) => remoteAddresses(['/opt/modelferry/modelferry', ...argv])
  expect(remote('smb://nas/models/x.gguf', 'a.safetensors', '--', 'mtp://phone/x')).toEqual([
    'smb://nas/models/x.gguf',
    'mtp://phone/x',
  ])
  expect(remote('file:///models/a.safetensors', '/models/x', 'C:\\models', '--lang=en://x')).toEqual([])
  expect(remote('modelferry://show/settings', 'smb://nas/x')).toEqual([])
})

test('a start without arguments brings nothing', () => {
  expect(pathsFromArguments({ argv: [], folder: '/', ignoredPaths: [], exists: () => true })).toEqual([])
})
