import { join } from 'node:path'
import { ALICE, ALICES_TEAM_ID, type DemoAccount } from '../cloud/accounts.ts'
import {
  accessTokenOf,
  startCommand,
  startProcess,
  type Ended,
  type Started,
  type StartedProcess,
} from './command-line.ts'
import { setup, type EngineOptions, type EngineHarness } from './engine.ts'

/** The minimum size of a part in S3. */
export const partBytes = 5 * 1024 * 1024

export interface CommandHarness extends EngineHarness {
  /** Data folder of the command line; created on first use. */
  readonly commandHome: string
  /** The environment of the command line. */
  readonly processEnv: NodeJS.ProcessEnv
  start(...words: string[]): Started
  /** Starts in a process of its own, which can be killed. */
  startProcess(...words: string[]): StartedProcess
  /** Starts with additional variables; undefined removes a variable. */
  startWith(more: NodeJS.ProcessEnv, ...words: string[]): Started
  run(...words: string[]): Promise<Ended>
  /** Runs with additional variables; undefined removes a variable. */
  runWith(more: NodeJS.ProcessEnv, ...words: string[]): Promise<Ended>
  /** Storage acknowledges parts up to this number and stalls on all others until `cloud.clearFailures()`. */
  stallAfterPart(number: number): void
}

/** A command line with its own data folder and an account's token; files over 5 MiB are uploaded in parts. */
export async function setupCommand({
  account = ALICE,
  ...options
}: EngineOptions & { readonly account?: DemoAccount } = {}): Promise<CommandHarness> {
  const harness = await setup({ as: null, ...options, cloud: { partSizeBytes: partBytes, ...options.cloud } })
  const { cloud, folder } = harness
  const commandHome = join(folder, 'command-home')
  const processEnv: NodeJS.ProcessEnv = {
    MODELFERRY_SERVER: cloud.url,
    MODELFERRY_HOME: commandHome,
    MODELFERRY_TOKEN: await accessTokenOf(cloud.url, account),
    MODELFERRY_TEAM: ALICES_TEAM_ID,
    MODELFERRY_MULTIPART_FROM: String(partBytes),
  }
  cloud.forgetOperations()
  const startWith = (more: NodeJS.ProcessEnv, ...words: string[]) =>
    startCommand(words, { ...processEnv, ...more })
  const runWith = (more: NodeJS.ProcessEnv, ...words: string[]) => startWith(more, ...words).ended
  return {
    ...harness,
    commandHome,
    processEnv,
    runWith,
    startWith,
    startProcess: (...words) => startProcess(words, processEnv),
    start: (...words) => startWith({}, ...words),
    run: (...words) => runWith({}, ...words),
    stallAfterPart(number) {
      const when = ({ partNumber = 0 }: { readonly partNumber?: number }) => partNumber > number
      cloud.fail({ on: 'put-part', how: 'stall', times: Infinity, when })
    },
  }
}
