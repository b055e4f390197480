import { svelte } from '@sveltejs/vite-plugin-svelte'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumLaunchOptions } from './test/support/chromium.ts'

/** What integration tests share: one Ceph, and the built programs that they start as processes. */
const integrationSetup = ['test/support/ceph-global-setup.ts', 'test/support/test-programs.ts']

/**
 * Tests wait for conditions, not for times: these only end a test that hangs, and leave room for a busy
 * machine.
 */
const limits = { testTimeout: 60_000, hookTimeout: 120_000, expect: { poll: { timeout: 20_000 } } }

export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      {
        plugins: [svelte({ configFile: false })],
        // State classes of the page run in Node too: they need Svelte's reactive build, not the one for
        // servers.
        resolve: { conditions: ['browser'] },
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          environment: 'node',
          restoreMocks: true,
          ...limits,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          environment: 'node',
          globalSetup: integrationSetup,
          pool: 'forks',
          // These tests also wait for sockets and processes: a third worker uses that time on two cores.
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
          maxWorkers: 2,
          ...limits,
        },
      },
      {
        plugins: [svelte({ configFile: false })],
        // Views are fetched when first shown: a package found only then would be bundled anew, with a second
        // Svelte beside it.
        optimizeDeps: { entries: ['renderer/**/*.{ts,svelte}', 'test/components/**/*.test.ts'] },
        test: {
          name: 'components',
          include: ['test/components/**/*.test.ts'],
          ...limits,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: chromiumLaunchOptions() }),
            instances: [{ browser: 'chromium', viewport: { width: 960, height: 640 } }],
          },
        },
      },
    ],
  },
})
