import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export const projectFolder = join(import.meta.dirname, '../..')

/** Configuration files that the checkers read. */
const settings = [
  '.dependency-cruiser.mjs',
  '.gitignore',
  '.oxlintrc.json',
  'build/lint/restrictions.js',
  'electron/tsconfig.base.json',
  'electron/tsconfig.json',
  'eslint.config.js',
  'package.json',
  'renderer/tsconfig.json',
  'test/tsconfig.json',
  'tsconfig.json',
]

/** A folder with the project's configuration and packages, and only the given source files: path → text. */
export function tempProject(files: Readonly<Record<string, string>>): { folder: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-project-'))
  for (const path of settings) cpSync(join(projectFolder, path), join(folder, path))
  symlinkSync(join(projectFolder, 'node_modules'), join(folder, 'node_modules'), 'dir')
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}
