import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'electron-vite'
import { resolve } from 'node:path'
import { lazyBuiltins } from './build/lazy-builtins.ts'
import { standaloneWorkers } from './build/standalone-workers.ts'
import { thirdParty } from './build/third-party.ts'

const at = (path: string) => resolve(import.meta.dirname, path)

export default defineConfig({
  main: {
    plugins: [
      thirdParty('main', import.meta.dirname),
      lazyBuiltins(),
      standaloneWorkers({
        'upload-worker': at('electron/engine/upload-worker.ts'),
        'hash-worker': at('electron/transfer/hash-worker.ts'),
        'inspect-worker': at('electron/recognition/inspect-worker.ts'),
        'search-worker': at('electron/discovery/places/search-worker.ts'),
        'watch-worker': at('electron/discovery/watched-folders/watch-worker.ts'),
      }),
    ],
    // The public keys that verify the update feed; an app built without keys accepts no updates
    // (docs/releasing.md).
    define: { __UPDATE_KEYS__: JSON.stringify(process.env['MODELFERRY_UPDATE_KEYS'] ?? '') },
    build: {
      outDir: 'out/main',
      // These packages are not bundled: keytar is native, and electron-store resolves electron itself.
      externalizeDeps: {
        exclude: [
          'valibot',
          'intl-messageformat',
          'socks-proxy-agent',
          'proxy-from-env',
          '@jellybrick/dbus-next',
          'yaml',
          'chokidar',
        ],
      },
      rolldownOptions: {
        input: {
          start: at('electron/start.ts'),
          main: at('electron/main.ts'),
          'command-line': at('electron/cli/main.ts'),
        },
      },
    },
  },
  preload: {
    plugins: [thirdParty('preload', import.meta.dirname)],
    build: {
      outDir: 'out/preload',
      externalizeDeps: false, // a sandboxed preload can only require electron, events, timers and url
      rolldownOptions: {
        input: { preload: at('electron/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'renderer',
    plugins: [svelte(), thirdParty('renderer', import.meta.dirname)],
    build: {
      outDir: 'out/renderer',
      emptyOutDir: true,
      rolldownOptions: { input: at('renderer/index.html') },
    },
  },
})
