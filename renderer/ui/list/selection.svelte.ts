/** The selected rows and the focused row, with the usual desktop behaviour. */
export class Selection {
  selected = $state.raw<ReadonlySet<string>>(new Set())
  focused = $state<string | null>(null)
  #anchor: string | null = null

  has(id: string): boolean {
    return this.selected.has(id)
  }

  /** Selects one row: a click or an arrow key. */
  select(id: string): void {
    this.selected = new Set([id])
    this.focused = id
    this.#anchor = id
  }

  /** Adds or removes one row: Ctrl or Cmd with a click. */
  toggle(id: string): void {
    const selected = new Set(this.selected)
    if (!selected.delete(id)) selected.add(id)
    this.selected = selected
    this.focused = id
    this.#anchor = id
  }

  /** Selects the range from the last single selection, or else from the focused row, to this row: Shift. */
  extend(id: string, ids: readonly string[]): void {
    const anchor = [this.#anchor, this.focused].find((one) => one !== null && ids.includes(one)) ?? id
    const from = ids.indexOf(anchor)
    const to = ids.indexOf(id)
    this.#anchor = anchor
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

  /** The rows that a command applies to: the selected ones, or the focused one. */
  targetIds(ids: readonly string[]): string[] {
    const selected = this.selectedInOrder(ids)
    return selected.length > 0 || this.focused === null ? selected : [this.focused]
  }

  /** The selected rows in list order, without those that no longer exist. */
  selectedInOrder(ids: readonly string[]): string[] {
    return ids.filter((id) => this.selected.has(id))
  }
}
