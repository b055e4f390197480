import { defineConfig } from '@playwright/test'
import process from 'node:process'
import { describeRuntime, findRuntime } from './test/support/runner/electron-runtime.ts'

const found = findRuntime()
const { name: runtime } = found
// Chosen and explained once; the processes of the workers read this file too.
if (process.argv[2] === 'test') process.stdout.write(`${describeRuntime(found)}\n`)
process.env['MODELFERRY_RUNTIME'] = runtime
/** Screenshots, benchmarks and soak tests run only when requested by tag. */
const onRequest = ['@screenshots', '@bench', '@soak'].filter((tag) => !process.argv.includes(tag))

export default defineConfig({
  testDir: 'test/e2e',
  testMatch: '*.spec.ts',
  outputDir: 'test-results',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // Each test has its own app, cloud and folders; session bus, keyring and, on the host, Chromium are shared within
  // a worker.
  fullyParallel: true,
  // Each app has several processes, which already use two cores. A benchmark runs alone.
  workers: process.argv.includes('@bench') ? 1 : 2,
  forbidOnly: process.env['CI'] !== undefined,
  reporter: 'list',
  // Tests tagged @host need the host, those tagged @electron the real runtime.
  grepInvert: [runtime === 'electron' ? /@host/ : /@electron/, ...onRequest.map((tag) => new RegExp(tag))],
  // The runtime appears in every result, because a pass on the host does not imply a pass on Electron.
  projects: [{ name: runtime, metadata: { runtime } }],
})
