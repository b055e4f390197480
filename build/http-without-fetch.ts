import type { Plugin } from 'vite'

const httpImport = /^import (.+) from "(?:node:)?http";$/gm

/**
 * Gets `node:http` from `process.getBuiltinModule`. An import statement reads every export of a built-in
 * module, and `WebSocket` loads Node's fetch client: 35 ms of CPU time for the app and for each upload worker.
 */
export function httpWithoutFetch(): Plugin {
  return {
    name: 'http-without-fetch',
    apply: 'build',
    renderChunk(code) {
      const replaced = code.replace(httpImport, (_statement, names: string) => {
        const target = names.replace('* as ', '').replaceAll(' as ', ': ')
        return `const ${target} = globalThis.process.getBuiltinModule("node:http");`
      })
      if (/from\s*["'](?:node:)?http["']/.test(replaced))
        this.error('an import of node:http was not replaced')
      return replaced === code ? null : { code: replaced, map: null }
    },
  }
}
