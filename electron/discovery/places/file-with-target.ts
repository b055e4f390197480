import type { Target } from '../../contract/uploads.ts'

/** A local file or folder, and the part of its upload target that is known in advance. */
export interface FileWithTarget {
  readonly path: string
  readonly target: Partial<Target>
  /** As in `LocalModel`. */
  readonly searchedFolder?: string | undefined
}
