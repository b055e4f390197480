import { build } from 'vite'
import type { Plugin } from 'vite'

/**
 * Builds each worker thread's entry as one file that imports nothing of ours. A packaged app keeps these files beside its
 * archive; a chunk shared with main would have to lie there too, outside of what the archive's integrity check covers.
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
