import type * as nodeFs from 'node:fs'
import process from 'node:process'

const builtin = (name: string) => process.getBuiltinModule(name) as typeof nodeFs | undefined

/**
 * `node:fs` for paths that the user gives: in the main process, Electron's shows an archive (`.asar`) as a folder and
 * parses it (electronjs.org/docs/latest/tutorial/asar-archives). In worker threads this is off (threads/worker-file.ts).
 */
const fs = builtin('original-fs') ?? process.getBuiltinModule('node:fs')

export const { existsSync } = fs
export const { readdir, realpath, stat } = fs.promises
