import type { Row } from '../table.ts'
import type { Workbench } from '../workbench.ts'

/** Rows that are measured together, on the same server in the same rounds. */
export interface Family {
  readonly name: string
  readonly about: string
  /** Programs without which nothing of it can be measured. */
  readonly needs: readonly string[]
  measure(bench: Workbench): Promise<readonly Row[]>
}
