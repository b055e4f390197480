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

test('files are resolved against the working directory, without duplicates', () => {
  expect(paths('a.safetensors', '/models/b c.gguf', './a.safetensors')).toEqual([
    '/models/a.safetensors',
    '/models/b c.gguf',
  ])
})

test('switches, missing files and empty arguments are skipped', () => {
  expect(paths('--enable-logging', '-psn_0_1', 'missing.gguf', '', '--', '')).toEqual([])
})

test('the app itself and preloaded modules are skipped', () => {
  expect(paths('-r', '/models/a.safetensors', '/work')).toEqual([])
})

test('file names after -- may start with a dash', () => {
  expect(paths('--', '-odd.gguf')).toEqual(['/models/-odd.gguf'])
})

test('a start with a link adds no files, whatever their position', () => {
  expect(paths('modelferry://x', 'a.safetensors')).toEqual([])
  expect(paths('a.safetensors', 'MODELFERRY:')).toEqual([])
  expect(paths('--', 'modelferry:x', '/models/b c.gguf')).toEqual([])
})

test('addresses of shares and devices are separated from files, links and switches', () => {
  const remote = (...argv: string[]) => remoteAddresses(['/opt/modelferry/modelferry', ...argv])
  expect(remote('smb://nas/models/x.gguf', 'a.safetensors', '--', 'mtp://phone/x')).toEqual([
    'smb://nas/models/x.gguf',
    'mtp://phone/x',
  ])
  expect(remote('file:///models/a.safetensors', '/models/x', 'C:\\models', '--lang=en://x')).toEqual([])
  expect(remote('modelferry://show/settings', 'smb://nas/x')).toEqual([])
})
