import { build } from 'vite'
import type { Plugin } from 'vite'

/**
 * Builds each worker thread's entry as a single file without imports of other project files. A packaged app
 * loads these files from outside its archive; a chunk shared with main would also have to be outside, where
 * the archive's integrity check does not cover it.
 * @param entries name of the built file → source file
 */
export function standaloneWorkers(entries: Readonly<Record<string, string>>): Plugin {
  let outDir = ''
  return {
    name: 'standalone-workers',
    apply: 'build',
    configResolved(config) {
      outDir = config.build.outDir
    },
    async closeBundle() {
      for (const [name, source] of Object.entries(entries)) {
        await build({
          configFile: false,
          publicDir: false,
          logLevel: 'warn',
          ssr: { noExternal: true },
          build: {
            ssr: true,
            outDir,
            emptyOutDir: false,
            target: 'node24',
            minify: false,
            rolldownOptions: {
              input: { [name]: source },
              external: /^node:/,
              output: { format: 'es', entryFileNames: '[name].js', codeSplitting: false },
            },
          },
        })
      }
    },
  }
}
