import { FuseV1Options } from '@electron/fuses'
import { readFileSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { checklistFindings } from '../../../support/electron-checklist.ts'
import { projectFolder } from '../../../support/temp-project.ts'

// electronjs.org/docs/latest/tutorial/security; the e2e spec of the same name tests what the built app does.

const read = (path: string) => readFileSync(join(projectFolder, path), 'utf8')
const sources = globSync('{electron,renderer}/**/*.{ts,svelte}', { cwd: projectFolder })

test('the sources violate no point of Electron’s checklist', () => {
  expect(sources.length).toBeGreaterThan(300)
  expect(checklistFindings(sources.map((path) => ({ path, text: read(path) })))).toEqual([])
})

test('one exact version of Electron is installed (16)', () => {
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> }
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { version?: string }>
  }
  expect(devDependencies['electron']).toMatch(/^\d+\.\d+\.\d+$/)
  expect(packages['node_modules/electron']?.version).toBe(devDependencies['electron'])
})

test('each fuse that Electron has is set, or has a reason for its default (19)', () => {
  const { electronFuses } = parse(read('electron-builder.yml')) as {
    electronFuses: Record<string, boolean>
  }
  const byDefault = [
    // Of use only with a V8 snapshot of our own.
    'LoadBrowserProcessSpecificV8Snapshot',
    // Changes how Wasm checks its bounds, not whether it does.
    'WasmTrapHandlers',
  ]
  const known = Object.keys(FuseV1Options).filter((name) => Number.isNaN(Number(name)))
  const decided = Object.keys(electronFuses).map((name) => name.toLowerCase())
  const isDecided = (name: string) => decided.includes(name.toLowerCase()) || byDefault.includes(name)
  expect(known.filter((name) => !isDecided(name))).toEqual([])
})
