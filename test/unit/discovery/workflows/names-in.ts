import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { readWorkflowFile } from '../../../../electron/discovery/workflows/read-workflow-file.ts'

/** The names of the models that a file with these bytes needs. */
export async function namesIn(...bytes: readonly Buffer[]): Promise<readonly string[] | null> {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-names-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'file')
  writeFileSync(path, Buffer.concat(bytes))
  return (await readWorkflowFile(path))?.map(({ name }) => name) ?? null
}

/** A workflow that needs only the model with this name. */
export const workflowOf = (name: string) => `{"nodes":[{"type":"VAELoader","widgets_values":["${name}"]}]}`
export const workflow = workflowOf('a.pt')
