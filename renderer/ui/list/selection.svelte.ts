/** Which rows are chosen and which one has the focus: the listbox habits of every desktop. */
export class Selection {
  selected = $state.raw<ReadonlySet<string>>(new Set())
  focused = $state<string | null>(null)
  #anchor: string | null = null

  has(id: string): boolean {
    return this.selected.has(id)
  }

  /** One row alone: a plain click or an arrow key. */
  select(id: string): void {
    this.selected = new Set([id])
    this.focused = id
    this.#anchor = id
  }

  /** Adds or takes away one row: Ctrl or Cmd. */
  toggle(id: string): void {
    const selected = new Set(this.selected)
    if (!selected.delete(id)) selected.add(id)
    this.selected = selected
    this.focused = id
    this.#anchor = id
  }

  /** Everything between the last plain choice and this row: Shift. */
  extend(id: string, ids: readonly string[]): void {
    const from = ids.indexOf(this.#anchor ?? id)
    const to = ids.indexOf(id)
    this.selected = new Set(ids.slice(Math.min(from, to), Math.max(from, to) + 1))
    this.focused = id
  }

  selectAll(ids: readonly string[]): void {
    this.selected = new Set(ids)
    this.focused ??= ids[0] ?? null
  }

  clear(): void {
    this.selected = new Set()
  }

  /** What a key is targetIds for: the chosen rows, or the one in focus. */
  targetIds(ids: readonly string[]): string[] {
    const selected = this.selectedInOrder(ids)
    return selected.length > 0 || this.focused === null ? selected : [this.focused]
  }

  /** Rows of the order that are chosen, first to last; rows that have gone are left out. */
  selectedInOrder(ids: readonly string[]): string[] {
    return ids.filter((id) => this.selected.has(id))
  }
}
