import type { Row } from '../table.ts'
import type { Workbench } from '../workbench.ts'

/** Rows that are measured together, on the same server and in the same rounds. */
export interface Family {
  readonly name: string
  readonly about: string
  /** Programs that all of its rows need. */
  readonly needs: readonly string[]
  /** Run only when named, because it is a shorter or longer variant of another family. */
  readonly onlyNamed?: true
  measure(bench: Workbench): Promise<readonly Row[]>
}
