import { buildPrograms } from '../support/build-programs.ts'

/** Builds the programs of the bench that run the uploader. Answers the folder that holds them. */
export const buildOurs = (folder: string) =>
  buildPrograms(folder, {
    ours: 'test/bench/ours.ts',
    restart: 'test/bench/restart.ts',
    'command-line-run': 'test/bench/command-line-run.ts',
const project = join(import.meta.dirname, '../..')
const at = (path: string) => join(project, path)

/**
 * Builds the programs that run the uploader, and its worker threads, as the app is built: unbuilt, each thread would first
 * load what strips its types, for some 30 MiB. Answers the folder that holds them.
 */
export async function buildOurs(folder: string): Promise<string> {
  const outDir = join(folder, 'built')
  await build({
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    root: project,
    plugins: [
      standaloneWorkers({
        'lane-worker': at('electron/transfer/lane-worker.ts'),
        'hash-worker': at('electron/transfer/hash-worker.ts'),
        'inspect-worker': at('electron/models/inspect-worker.ts'),
        'search-worker': at('electron/models/search-worker.ts'),
        'watch-worker': at('electron/watching/watch-worker.ts'),
      }),
    ],
    ssr: { noExternal: ['valibot', 'intl-messageformat'] },
    build: {
      ssr: true,
      outDir,
      emptyOutDir: false,
      target: 'node24',
      minify: false,
      rolldownOptions: {
        input: {
          ours: at('test/bench/ours.ts'),
          restart: at('test/bench/restart.ts'),
          'command-line-run': at('test/bench/command-line-run.ts'),
        },
        external: [/^node:/, 'keytar'],
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-chunk.js' },
      },
    },
  })
