/** Letters typed within this time belong to one word, in ms. */
const wordPauseMs = 900

/** Type to find: letters typed in a row are one word, sought from the focused row on, round the end. */
export class TypeAhead {
  #text = ''
  #atMs = -Infinity

  /** True while a space belongs to the word that is being typed. */
  isTyping(nowMs: number): boolean {
    return this.#text !== '' && nowMs - this.#atMs < wordPauseMs
  }

  /** The row that the letters so far name, or undefined. */
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
    // A first letter goes on to the next such row; more letters may stay where they are.
    const from = Math.max(0, ids.indexOf(focused ?? '')) + (sought.length === 1 && focused !== null ? 1 : 0)
    const turned = [...ids.slice(from), ...ids.slice(0, from)]
    return turned.find((id) => nameOf(id).toLocaleLowerCase().startsWith(sought))
  }
}
