/** How a row stands in its list: what its frame says of itself. */
export interface RowPosition {
  /** Counted from 1 over all lines, drawn or not. */
  readonly rowIndex: number
  /** One row of a list can be tabbed to; the arrows move between the others. */
  readonly isTabbable: boolean
  readonly isSelected: boolean
}
