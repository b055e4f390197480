import { svelte } from '@sveltejs/vite-plugin-svelte'
import { playwright } from '@vitest/browser-playwright'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig, type UserWorkspaceConfig } from 'vitest/config'
import { chromiumLaunchOptions } from './test/support/runner/chromium.ts'
import { LongestFirst } from './test/support/runner/longest-first.ts'

const hostElectron = join(import.meta.dirname, 'test/electron-host/electron.ts')
const screenshotFolder = join(tmpdir(), 'modelferry-screenshots')

/** Shared by integration tests: one Ceph, and the built programs that they start as processes. */
const integrationSetup = ['test/support/runner/ceph-global-setup.ts', 'test/support/runner/test-programs.ts']

/**
 * For tests with sockets and worker threads: by default V8 collects all garbage several times a second, because
 * they allocate outside of its heap. Takes a tenth less CPU time.
 */
const garbageCollection = ['--external-memory-accounted-in-global-limit', '--max-semi-space-size=32']

/**
 * Tests wait for conditions rather than times; these limits only end hanging tests and are generous for busy
 * machines. Conditions are checked every 10 ms: with the default of 50 ms, a tenth of the time was spent waiting.
 */
const limits = {
  testTimeout: 60_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 20_000, interval: 10 } },
}

export default defineConfig({
  test: {
    reporters: ['default'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        plugins: [svelte({ configFile: false })],
        // The page's state classes need Svelte's reactive build in Node too, not its server build.
        resolve: { conditions: ['browser'] },
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          environment: 'node',
          // Halves the CPU time: modules are loaded once per worker instead of once per file.
          isolate: false,
          restoreMocks: true,
          ...limits,
        },
      },
      {
        // Code under test that imports `electron` gets the host's module: the package exports only the program's path.
        resolve: { alias: [{ find: /^electron$/, replacement: hostElectron }] },
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          environment: 'node',
          globalSetup: integrationSetup,
          pool: 'forks',
          execArgv: garbageCollection,
          // A file's modules take about a second of CPU time to load; each worker loads them once.
          isolate: false,
          // These tests also wait for sockets and processes; a third worker uses that time on two cores.
          maxWorkers: 3,
          ...limits,
        },
      },
      {
        test: {
          name: 'soak',
          include: ['test/soak/**/*.test.ts'],
          environment: 'node',
          globalSetup: integrationSetup,
          pool: 'forks',
          execArgv: garbageCollection,
          maxWorkers: 2,
          ...limits,
        },
      },
      browserProject('components', 'test/components/**/*.test.ts'),
      browserProject('screenshots', 'test/components/**/*.shots.ts'),
    ],
  },
})

/** Tests that render the page in Chromium. */
function browserProject(name: string, include: string): UserWorkspaceConfig {
  return {
    // Compiled as in the app, which also takes a tenth less CPU time than Svelte's checks for development.
    plugins: [svelte({ configFile: false, compilerOptions: { dev: false } })],
    resolve: { conditions: ['browser', 'module', 'production'] },
    // Views are loaded on demand: a dependency discovered then would trigger another bundling, with a
    // second copy of Svelte.
    // `force`: the cache of an earlier run does not contain dependencies that were added since.
    optimizeDeps: { force: true, entries: ['renderer/**/*.{ts,svelte}', include] },
    server: { fs: { allow: [import.meta.dirname, screenshotFolder] } },
    test: {
      name,
      include: [include],
      // The page's modules take seconds of CPU time to load; each worker loads them once.
      isolate: false,
      // These tests also wait for frames and timers; a second page uses that time on two cores.
      maxWorkers: 2,
      setupFiles: ['test/components/support/reset-page.ts'],
      ...limits,
      provide: { screenshotFolder },
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: chromiumLaunchOptions() }),
        instances: [{ browser: 'chromium', viewport: { width: 960, height: 640 } }],
      },
    },
  }
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Where pictures of the page are saved. */
    readonly screenshotFolder: string
  }
}
