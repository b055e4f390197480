import type { Result } from '../contract/failures.ts'
import type { TeamChoice } from '../contract/account.ts'
import type { AddReport, Snapshot, Totals } from '../contract/uploads.ts'
import type { Environment } from '../platform/environment.ts'
import type { Engine, EngineCalls, EngineListener, EnqueueRequest } from '../engine/engine.ts'
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

/** What uploads files: the engine of this process, or the running app. */
export interface UploadEngine {
  readonly calls: Pick<EngineCalls, 'cancel' | 'pause' | 'stopPausing' | 'modelStatus'>
  session: Engine['session']
  add(
    paths: readonly string[],
    request: EnqueueRequest & { readonly team: TeamChoice },
  ): Promise<Result<AddReport>>
  /** Of the uploads of this command. */
  snapshot(): Pick<Snapshot, 'rows'> & { readonly totals: Pick<Totals, 'pausing'> }
  subscribe(listener: Pick<EngineListener, 'patch' | 'library' | 'verified' | 'leftOut'>): () => void
  cleanUpAbandoned(): Promise<void>
  abandonedCount(): number
  /** Adds nothing any more. Resolves to the uploads that end with this command: all, where this is missing. */
  readonly stopAdding?: () => Promise<ReadonlySet<string>>
}

/** What commands that upload run with. */
export interface UploadContext extends Omit<CommandContext, 'engine' | 'environment'> {
  readonly environment: Pick<Environment, 'timers'>
  readonly engine: UploadEngine
  readonly reporter: UploadReporter
}
