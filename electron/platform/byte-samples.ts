interface Sample {
  readonly atMs: number
  /** In total so far. */
  readonly bytes: number
}

/** Samples of a growing number of bytes over a moving time window. */
export class ByteSamples {
  readonly #windowMs: number
  readonly #mergeMs: number
  #samples: Sample[] = []

  /** @param mergeMs closer samples are merged, since parallel requests report many times a second */
  constructor(windowMs: number, mergeMs: number) {
    this.#windowMs = windowMs
    this.#mergeMs = mergeMs
  }

  get samples(): readonly Sample[] {
    return this.#samples
  }

  get last(): Sample | undefined {
    return this.#samples.at(-1)
  }

  add(sample: Sample): void {
    const [beforeLast, last] = this.#samples.slice(-2)
    // The newest sample moves along until it is far enough from the one before it.
    if (beforeLast && last && last.atMs - beforeLast.atMs < this.#mergeMs) this.#samples.pop()
    this.#samples.push(sample)
    // One sample older than the window is kept, so that the whole window is covered.
    const old = this.#samples.findLastIndex(({ atMs }) => atMs <= sample.atMs - this.#windowMs)
    if (old > 0) this.#samples.splice(0, old)
  }

  /** The growth over at least `spanMs` before `nowMs`, less without older samples; null without any sample. */
  growth(spanMs: number, nowMs: number): { readonly bytes: number; readonly elapsedMs: number } | null {
    const first = this.#samples.findLast(({ atMs }) => atMs <= nowMs - spanMs) ?? this.#samples[0]
    const { last } = this
    return first && last ? { bytes: last.bytes - first.bytes, elapsedMs: nowMs - first.atMs } : null
  }

  clear(): void {
    this.#samples = []
  }
}
