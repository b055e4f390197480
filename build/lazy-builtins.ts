import { builtinModules } from 'node:module'
import type { Plugin } from 'vite'

const names = builtinModules.map((name) => name.replace('node:', '')).join('|')
const importStatement = new RegExp(`^import (.+) from "(?:node:)?(${names})";$`, 'gm')
const anyImport = new RegExp(`from\\s*["'](?:node:)?(?:${names})["']`)

/**
 * Gets Node's modules from `process.getBuiltinModule` in the app, the command line and each worker thread: an
 * import statement reads every export, and some are computed when they are read. `http.WebSocket` loads Node's
 * fetch client (35 to 60 ms of CPU time), and the others take 30 ms of the start of a command.
 */
export function lazyBuiltins(): Plugin {
  return {
    name: 'lazy-builtins',
    apply: 'build',
    renderChunk(code) {
      const replaced = code.replace(importStatement, (_statement, names: string, module: string) => {
        const target = names.replace('* as ', '').replaceAll(' as ', ': ')
        return `const ${target} = globalThis.process.getBuiltinModule("node:${module}");`
      })
      const kept = anyImport.exec(replaced)
      if (kept) this.error(`an import was not replaced: ${kept[0]}`)
      return replaced === code ? null : { code: replaced, map: null }
    },
  }
}
