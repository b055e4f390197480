import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'
import { lazyBuiltins } from '../../../build/lazy-builtins.ts'
import { standaloneWorkers } from '../../../build/standalone-workers.ts'
import { projectFolder } from '../temp-project.ts'

const at = (path: string) => join(projectFolder, path)

/**
 * Builds programs that run the engine, and its worker threads, as the app is built: without a build, each
 * process and thread would load the type stripper first, which takes about 30 MiB and half a second.
 * @param folder laid out as a package: the programs go to out/main, node_modules is linked next to it
 * @param programs name of the built program → source file in the project
 * @returns the folder that contains the programs
 */
export async function buildPrograms(
  folder: string,
  programs: Readonly<Record<string, string>>,
): Promise<string> {
  const outDir = join(folder, 'out/main')
  await build({
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    root: projectFolder,
    plugins: [
      lazyBuiltins(),
      standaloneWorkers({
        'upload-worker': at('electron/engine/upload-worker.ts'),
        'hash-worker': at('electron/transfer/hash-worker.ts'),
        'inspect-worker': at('electron/recognition/inspect-worker.ts'),
        'search-worker': at('electron/discovery/places/search-worker.ts'),
        'watch-worker': at('electron/discovery/watched-folders/watch-worker.ts'),
      }),
    ],
    ssr: { noExternal: true },
    build: {
      ssr: true,
      outDir,
      emptyOutDir: false,
      target: 'node24',
      minify: false,
      rolldownOptions: {
        input: Object.fromEntries(Object.entries(programs).map(([name, path]) => [name, at(path)])),
        external: [/^node:/, 'keytar'],
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-chunk.js' },
      },
    },
  })
  // Without it, Node would parse each file as CommonJS first.
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  // keytar is native and is loaded from where it is installed.
  await symlink(at('node_modules'), join(folder, 'node_modules'))
  return outDir
}
