import type { Environment } from '../platform/environment.ts'
import type { CliEnvironment } from './cli-environment.ts'
import type { EngineClient } from './engine-client.ts'
import type { Interruption } from './interruption.ts'
import type { Streams, UploadReporter } from './output/output.ts'

/** What commands that use the engine run with. */
export interface CommandContext {
  readonly engine: EngineClient
  readonly environment: Pick<Environment, 'timers'>
  readonly cliEnvironment: CliEnvironment
  /** The user's home folder. */
  readonly userHome: string
  readonly interruption: Interruption
  readonly streams: Streams
}

/** What commands that upload run with. */
export interface UploadContext extends CommandContext {
  readonly reporter: UploadReporter
  /** Everything that the user had to decide is decided: another host is not to ask again. */
  readonly onDecided: () => void
}
