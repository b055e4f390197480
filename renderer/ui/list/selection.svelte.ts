/** Which rows are chosen and which one has the focus: the listbox habits of every desktop. */
export class Selection {
  chosen = $state.raw<ReadonlySet<string>>(new Set())
  focused = $state<string | null>(null)
  #anchor: string | null = null

  has(id: string): boolean {
    return this.chosen.has(id)
  }

  /** One row alone: a plain click or an arrow key. */
  choose(id: string): void {
    this.chosen = new Set([id])
    this.focused = id
    this.#anchor = id
  }

  /** Adds or takes away one row: Ctrl or Cmd. */
  toggle(id: string): void {
    const chosen = new Set(this.chosen)
    if (!chosen.delete(id)) chosen.add(id)
    this.chosen = chosen
    this.focused = id
    this.#anchor = id
  }

  /** Everything between the last plain choice and this row: Shift. */
  extend(id: string, ids: readonly string[]): void {
    const from = ids.indexOf(this.#anchor ?? id)
    const to = ids.indexOf(id)
    this.chosen = new Set(ids.slice(Math.min(from, to), Math.max(from, to) + 1))
    this.focused = id
  }

  chooseAll(ids: readonly string[]): void {
    this.chosen = new Set(ids)
    this.focused ??= ids[0] ?? null
  }

  clear(): void {
    this.chosen = new Set()
  }

  /** What a key is meant for: the chosen rows, or the one in focus. */
  meant(ids: readonly string[]): string[] {
    const chosen = this.inOrder(ids)
    return chosen.length > 0 || this.focused === null ? chosen : [this.focused]
  }

  /** Rows of the order that are chosen, first to last; rows that have gone are left out. */
  inOrder(ids: readonly string[]): string[] {
    return ids.filter((id) => this.chosen.has(id))
  }
}
