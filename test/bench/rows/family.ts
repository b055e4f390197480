import type { Row } from '../table.ts'
import type { Workbench } from '../workbench.ts'

/** Rows that are measured together, on the same server in the same rounds. */
export interface Family {
  readonly name: string
  readonly about: string
  /** Programs without which nothing of it can be measured. */
  readonly needs: readonly string[]
  /** Left out unless it is named: it measures what another one measures, for a shorter or longer time. */
  readonly onlyNamed?: true
  measure(bench: Workbench): Promise<readonly Row[]>
}
