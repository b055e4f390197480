import type { Environment } from '../platform/environment.ts'
import type { Engine } from '../engine/engine.ts'
import type { Interruption } from './interruption.ts'
import type { Streams, UploadReporter } from './output/output.ts'
import type { CliEnvironment } from './cli-environment.ts'

/** What commands that use the engine run with. */
export interface CommandContext {
  readonly engine: Engine
  readonly environment: Environment
  readonly cliEnvironment: CliEnvironment
  readonly interruption: Interruption
  readonly streams: Streams
}

/** What commands that upload run with. */
export interface UploadContext extends CommandContext {
  readonly reporter: UploadReporter
}
