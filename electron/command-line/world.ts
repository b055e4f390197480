import type { Ports } from '../contract/ports.ts'
import type { Uploader } from '../uploader.ts'
import type { Interruption } from './interruption.ts'
import type { Streams } from './output.ts'
import type { Surroundings } from './surroundings.ts'

/** What a command runs on. */
export interface World {
  readonly uploader: Uploader
  readonly ports: Ports
  readonly surroundings: Surroundings
  readonly interruption: Interruption
  readonly streams: Streams
}
