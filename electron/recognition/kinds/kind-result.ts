/** What a header shows a file to be. */
export interface Kind {
  readonly modelType: string
  /** The base model's family in its own name, or null when the header doesn't tell. */
  readonly base: string | null
  /** A size or a purpose within the family, or null. */
  readonly variant?: string | null
  /** A tensor (or metadata key) that told. */
  readonly evidence: string
  /** What the file is just as well: its folder says which of the two is meant. */
  readonly other?: Kind
}
