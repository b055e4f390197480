/** Several values for each key, in the order in which they were added. */
export class MultiMap<Key, Value> {
  readonly #values = new Map<Key, Value[]>()

  /** The values at present; later changes are not made to them. */
  get(key: Key): readonly Value[] {
    return [...(this.#values.get(key) ?? [])]
  }

  add(key: Key, value: Value): void {
    const values = this.#values.get(key)
    if (values) values.push(value)
    else this.#values.set(key, [value])
  }

  /** Removes one value that is equal by identity. */
  delete(key: Key, value: Value): void {
    const values = this.#values.get(key)
    const index = values?.indexOf(value) ?? -1
    if (!values || index < 0) return
    if (values.length === 1) this.#values.delete(key)
    else values.splice(index, 1)
  }
}
