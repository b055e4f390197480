import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format, type FormatConfig } from 'oxfmt'
import { projectFolder } from '../temp-project.ts'

/** The text of a file as `npm run format` expects it. Throws if the text can't be parsed. */
export async function formatted(path: string, text: string): Promise<string> {
  const config = JSON.parse(await readFile(join(projectFolder, '.oxfmtrc.json'), 'utf8')) as FormatConfig
  const { code, errors } = await format(path, text, config)
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'))
  return code
}
