import type { Ports } from '../platform/environment.ts'
import type { Uploader } from '../engine/engine.ts'
import type { Interruption } from './interruption.ts'
import type { Streams } from './output/output.ts'
import type { Surroundings } from './cli-environment.ts'

/** What a command runs on. */
export interface World {
  readonly uploader: Uploader
  readonly ports: Ports
  readonly surroundings: Surroundings
  readonly interruption: Interruption
  readonly streams: Streams
}
