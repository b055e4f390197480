import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import type { Plugin } from 'vite'
import { lazyBuiltins } from './lazy-builtins.ts'

/**
 * Builds each worker thread's entry as a single file without imports of other project files. A packaged app
 * loads these files from outside its archive, where the archive's integrity check does not cover them, so
 * their hashes are inserted into the main program (electron/platform/threads/worker-file.ts).
 * @param entries name of the built file → source file
 */
export function standaloneWorkers(entries: Readonly<Record<string, string>>): Plugin {
  let outDir = ''
  const built = new Map<string, string>()
  return {
    name: 'standalone-workers',
    apply: 'build',
    async config() {
      for (const [name, source] of Object.entries(entries))
        built.set(`${name}.js`, await buildWorker(name, source))
      const hashes = [...built].map(([name, code]) => [name, createHash('sha256').update(code).digest('hex')])
      return { define: { __WORKER_HASHES__: JSON.stringify(Object.fromEntries(hashes)) } }
    },
    configResolved(config) {
      outDir = config.build.outDir
    },
    writeBundle() {
      for (const [name, code] of built) writeFileSync(join(outDir, name), code)
    },
  }
}

async function buildWorker(name: string, source: string): Promise<string> {
  const output = await build({
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    plugins: [lazyBuiltins()],
    ssr: { noExternal: true },
    build: {
      ssr: true,
      write: false,
      target: 'node24',
      minify: false,
      rolldownOptions: {
        input: { [name]: source },
        external: /^node:/,
        output: { format: 'es', entryFileNames: '[name].js', codeSplitting: false },
      },
    },
  })
  const chunks = [output].flat().flatMap((one) => ('output' in one ? one.output : []))
  const [only, ...others] = chunks.flatMap((chunk) => (chunk.type === 'chunk' ? [chunk.code] : []))
  if (only === undefined || others.length > 0) throw new Error(`${name} is not a single file`)
  return only
}
