import { defineConfig } from '@playwright/test'
import process from 'node:process'
import { findRuntime } from './test/support/electron-runtime.ts'

const { name: runtime } = findRuntime()
/** Pictures for the documentation, measurements and long runs are made when asked for by name. */
const onRequest = ['@screenshots', '@bench', '@soak'].filter((tag) => !process.argv.includes(tag))

export default defineConfig({
  testDir: 'test/e2e',
  testMatch: '*.spec.ts',
  outputDir: 'test-results',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // Each test has its own app, cloud and folders; a worker's tests share its session bus and keyring.
  fullyParallel: true,
  // Each test starts a browser of several processes: more at once would only make two cores switch between them. A
  // measurement runs alone.
  workers: process.argv.includes('@bench') ? 1 : 2,
  forbidOnly: process.env['CI'] !== undefined,
  reporter: 'list',
  // What only the host can show is left out on the real runtime; nothing is left out on the host.
  grepInvert: [...(runtime === 'electron' ? [/@host/] : []), ...onRequest.map((tag) => new RegExp(tag))],
  // The runtime stands beside every result: a run on the host is not a run on Electron.
  projects: [{ name: runtime, metadata: { runtime } }],
})
