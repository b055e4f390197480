import type { Environment } from '../platform/environment.ts'
import type { Engine } from '../engine/engine.ts'
import type { Interruption } from './interruption.ts'
import type { Streams } from './output/output.ts'
import type { Surroundings } from './cli-environment.ts'

/** What a command runs on. */
export interface World {
  readonly engine: Engine
  readonly environment: Environment
  readonly surroundings: Surroundings
  readonly interruption: Interruption
  readonly streams: Streams
}
