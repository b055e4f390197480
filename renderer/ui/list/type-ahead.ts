/** Letters typed within this time, in ms, belong to one word. */
const wordPauseMs = 900

/** Finds a row by the first letters of its name, from the focused row on, wrapping at the end. */
export class TypeAhead {
  #text = ''
  #atMs = -Infinity

  /** True while a space is part of the typed word. */
  isTyping(nowMs: number): boolean {
    return this.#text !== '' && nowMs - this.#atMs < wordPauseMs
  }

  /** The row whose name starts with the letters so far, or undefined. */
  find(
    letter: string,
    nowMs: number,
    {
      ids,
      focused,
      nameOf,
    }: { ids: readonly string[]; focused: string | null; nameOf: (id: string) => string },
  ): string | undefined {
    this.#text = this.isTyping(nowMs) ? this.#text + letter : letter
    this.#atMs = nowMs
    const sought = this.#text.toLocaleLowerCase()
    // A first letter moves on to the next match; further letters may match the current row.
    const from = Math.max(0, ids.indexOf(focused ?? '')) + (sought.length === 1 && focused !== null ? 1 : 0)
    const turned = [...ids.slice(from), ...ids.slice(0, from)]
    return turned.find((id) => nameOf(id).toLocaleLowerCase().startsWith(sought))
  }
}
