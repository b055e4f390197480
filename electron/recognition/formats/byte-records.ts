/** A position in the table is tried this often before a key goes to the map of the others. */
const maxProbes = 256

interface EncodedKey {
  readonly bytes: Buffer
  readonly hash: number
}

/** The tensor names of the families are looked up in every file. Names from files must not fill the memory. */
const maxEncodedKeys = 4_096
const maxEncodedKeyLength = 256
const encodedKeys = new Map<string, EncodedKey>()

function encodedKey(key: string): EncodedKey {
  const known = encodedKeys.get(key)
  if (known) return known
  const bytes = Buffer.from(key, 'utf8')
  let hash = 0x811c9dc5
  for (let index = 0; index < bytes.length; index += 1)
    hash = Math.imul(hash ^ (bytes[index] as number), 0x01000193)
  const encoded = { bytes, hash: hash >>> 0 }
  if (key.length > maxEncodedKeyLength) return encoded
  if (encodedKeys.size >= maxEncodedKeys) encodedKeys.clear()
  encodedKeys.set(key, encoded)
  return encoded
}

/**
 * Records of a key and some bytes behind it, in one buffer and in the order in which they were added. A
 * header of 100 MB can have millions of names: as strings in a `Map` they would take ten times the memory.
 */
export class ByteRecords {
  #bytes = Buffer.allocUnsafeSlow(4096)
  #usedBytes = 0
  #size = 0
  /** Where each record begins: the length of its key, its key, its bytes. */
  #starts = new Uint32Array(64)
  #hashes = new Uint32Array(64)
  /** Open addressing: 1 + the index of a record, or 0; at most half of it is in use. */
  #slots = new Uint32Array(256)
  /** Keys whose places in the table were taken, which only happens if a file was made for it. */
  readonly #others = new Map<string, number>()

  get size(): number {
    return this.#size
  }

  /** Begins a record whose key is a slice of `source`, or returns false if there is one with this key. */
  add(source: Uint8Array, start: number, end: number): boolean {
    this.#reserve(end - start + maxVarintBytes)
    const recordStart = this.#usedBytes
    let at = this.#writeVarint(recordStart, end - start)
    const keyStart = at
    const bytes = this.#bytes
    // FNV-1a (Fowler, Noll and Vo), in the loop that copies.
    let hash = 0x811c9dc5
    for (let index = start; index < end; index += 1) {
      const byte = source[index] as number
      bytes[at] = byte
      at += 1
      hash = Math.imul(hash ^ byte, 0x01000193)
    }
    hash >>>= 0
    // The copy stays unused if the key exists.
    const slot = this.#find(hash, bytes, keyStart, at)
    if (slot < 0) return false
    const index = this.#size
    if (index === this.#starts.length) {
      this.#starts = enlarged(this.#starts, new Uint32Array(index * 2))
      this.#hashes = enlarged(this.#hashes, new Uint32Array(index * 2))
    }
    this.#starts[index] = recordStart
    this.#hashes[index] = hash
    this.#usedBytes = at
    this.#size = index + 1
    if (slot < this.#slots.length) this.#slots[slot] = index + 1
    else this.#others.set(this.key(index), index)
    if (this.#size * 2 > this.#slots.length) this.#enlargeTable()
    return true
  }

  /** Appends a number of at most 2^53 to the last record. */
  appendNumber(value: number): void {
    this.#reserve(maxVarintBytes)
    this.#usedBytes = this.#writeVarint(this.#usedBytes, value)
  }

  /** Removes what was appended to the last record. */
  clearNumbers(): void {
    this.#usedBytes = this.#keyRange(this.#size - 1).end
  }

  /** The index of the record with this key, or -1. */
  indexOf(key: string): number {
    const { bytes, hash } = encodedKey(key)
    const slot = this.#find(hash, bytes, 0, bytes.length)
    return slot < 0 ? -1 - slot : -1
  }

  key(index: number): string {
    const { start, end } = this.#keyRange(index)
    return this.#bytes.toString('utf8', start, end)
  }

  numbers(index: number): number[] {
    const end = index + 1 < this.#size ? (this.#starts[index + 1] as number) : this.#usedBytes
    const numbers: number[] = []
    let at = this.#keyRange(index).end
    while (at < end) {
      const value = this.#readVarint(at)
      numbers.push(value)
      at += varintBytes(value)
    }
    return numbers
  }

  #keyRange(index: number): { start: number; end: number } {
    const recordStart = this.#starts[index] as number
    const length = this.#readVarint(recordStart)
    const start = recordStart + varintBytes(length)
    return { start, end: start + length }
  }

  /**
   * -1 − the index of the record with this key; else the free slot for it, which is beyond the table if there
   * is none.
   */
  #find(hash: number, source: Uint8Array, start: number, end: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = firstSlot(hash, mask)
    let free = slots.length
    for (let probe = 0; probe < maxProbes; probe += 1) {
      const index = (slots[slot] as number) - 1
      if (index < 0) {
        free = slot
        break
      }
      if (this.#hashes[index] === hash && this.#hasKey(index, source, start, end)) return -1 - index
      slot = (slot + 1) & mask
    }
    if (this.#others.size === 0) return free
    const other = this.#others.get(Buffer.from(source.subarray(start, end)).toString('utf8'))
    return other === undefined ? free : -1 - other
  }

  #hasKey(index: number, source: Uint8Array, start: number, end: number): boolean {
    const range = this.#keyRange(index)
    if (range.end - range.start !== end - start) return false
    const bytes = this.#bytes
    for (let at = start; at < end; at += 1) {
      if (source[at] !== bytes[range.start + at - start]) return false
    }
    return true
  }

  #enlargeTable(): void {
    const slots = new Uint32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let index = 0; index < this.#size; index += 1) {
      let slot = firstSlot(this.#hashes[index] as number, mask)
      let probe = 0
      while (slots[slot] !== 0 && probe < maxProbes) {
        slot = (slot + 1) & mask
        probe += 1
      }
      if (slots[slot] === 0) slots[slot] = index + 1
      else this.#others.set(this.key(index), index)
    }
    this.#slots = slots
  }

  #reserve(count: number): void {
    const needed = this.#usedBytes + count
    if (needed <= this.#bytes.length) return
    this.#bytes = enlarged(this.#bytes, Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2)))
  }

  /** Little-endian groups of seven bits. Returns the position behind it. */
  #writeVarint(start: number, value: number): number {
    let at = start
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[at] = (rest % 0x80) + 0x80
      rest = Math.floor(rest / 0x80)
      at += 1
    }
    this.#bytes[at] = rest
    return at + 1
  }

  #readVarint(start: number): number {
    let value = 0
    let factor = 1
    for (let at = start; ; at += 1) {
      const byte = this.#bytes[at] as number
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
      factor *= 0x80
    }
  }
}

/** A number of 53 bits in groups of seven. */
const maxVarintBytes = 8

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1
  return bytes
}

/** Mixes the upper bits into the lower ones, which are the position in the table. */
function firstSlot(hash: number, mask: number): number {
  return (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 7) & mask
}

/** The larger array with the numbers of the smaller one. */
export function enlarged<T extends Uint8Array | Uint32Array | Float64Array>(smaller: T, larger: T): T {
  larger.set(smaller)
  return larger
}
