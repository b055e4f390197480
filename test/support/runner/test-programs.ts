import { cpSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { workerFiles } from '../../../electron/cli/cli-environment.ts'
import { buildPrograms } from './build-programs.ts'
import { projectFolder } from '../temp-project.ts'

/** The environment variable with the folder of the shared programs. */
const variable = 'MODELFERRY_TEST_PROGRAMS'
const launcher = 'electron/cli/modelferry.js'
/** Programs that tests start as processes or threads. */
const testPrograms = {
  runner: 'test/integration/faults/kills/runner.ts',
  'api-call-program': 'test/integration/transfer/api-call-program.ts',
  'put-program': 'test/integration/transfer/put-program.ts',
  'reused-search-worker': 'test/support/reused-search-worker.ts',
  'reused-upload-worker': 'test/support/reused-upload-worker.ts',
}

/**
 * Vitest's global setup: builds the command line, its worker threads and the test programs once for the whole
 * run.
 */
export async function setup(): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-programs-'))
  await buildPrograms(folder, { 'command-line': 'electron/cli/main.ts', ...testPrograms })
  cpSync(join(projectFolder, launcher), join(folder, launcher))
  process.env[variable] = folder
  return async () => {
    Reflect.deleteProperty(process.env, variable)
    await rm(folder, { recursive: true, force: true })
  }
}

function programsFolder(): string {
  const folder = process.env[variable]
  if (folder === undefined) throw new Error(`${variable} is not set: this test needs the global setup`)
  return folder
}

/** The `modelferry` command as a package has it: the launcher with the built command line. */
export const commandLineFile = (): string => join(programsFolder(), launcher)

/** A built test program, such as `runner`. */
export const testProgram = (name: keyof typeof testPrograms): string =>
  join(programsFolder(), 'out/main', `${name}.js`)

/** The built entry files of the worker threads. */
export const builtWorkers = (): ReturnType<typeof workerFiles> =>
  workerFiles(join(programsFolder(), 'out/main/command-line.js'))
