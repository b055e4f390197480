/** State of a row within its list. */
export interface RowPosition {
  /** Counted from 1 over all lines, rendered or not. */
  readonly rowIndex: number
  /** One row of a list is in the tab order; the arrow keys move to the others. */
  readonly isTabbable: boolean
  readonly isSelected: boolean
}
