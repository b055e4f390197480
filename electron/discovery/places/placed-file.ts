import type { Target } from '../../contract/uploads.ts'

/** A file of this computer and where it shall go. */
export interface Placed {
  readonly path: string
  readonly target: Partial<Target>
}
