import { delimiter, dirname, join } from 'node:path'
import process from 'node:process'
import { projectFolder } from '../temp-project.ts'

/** PATH with the project's own programs and the current Node first. */
export function pathWithTools(): string {
  const own = [join(projectFolder, 'node_modules/.bin'), dirname(process.execPath)]
  return [...own, process.env['PATH'] ?? ''].join(delimiter)
}
