import type { Plugin } from 'vite'

/**
 * Built-in modules with exports that are expensive to read: `http.WebSocket` loads Node's fetch client (35 to
 * 60 ms of CPU time), `process.allowedNodeEnvironmentFlags` is computed (6 ms), and so are deprecated
 * functions of `util` (4 ms).
 */
const expensive = 'http|process|util'
const importStatement = new RegExp(`^import (.+) from "(?:node:)?(${expensive})";$`, 'gm')
const anyImport = new RegExp(`from\\s*["'](?:node:)?(?:${expensive})["']`)

/**
 * Gets these modules from `process.getBuiltinModule`, since an import statement reads every export of a
 * built-in module: in the app, the command line and each worker thread.
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
