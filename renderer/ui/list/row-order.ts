/** How the rows of a list are reordered. */
export interface RowOrder {
  /** Whether a row can be moved. */
  readonly canMove: (id: string) => boolean
  /** Whether moved rows can be dropped above and below a row. */
  readonly canDropAt: (id: string, moved: readonly string[]) => boolean
  /** Describes what is being dragged. */
  readonly labelOf: (ids: readonly string[]) => string
  /** Says why none of the rows can be moved. */
  readonly onrefuse: (id: string) => void
  /** Puts rows before another one, or behind the last one that is shown. */
  readonly onmove: (ids: readonly string[], before: string | null) => void
  /** Moves rows by a key. */
  readonly onstep: (ids: readonly string[], step: ReorderStep) => void
}

export type ReorderStep = 'up' | 'down' | 'top' | 'bottom'
