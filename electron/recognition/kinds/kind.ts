/** What a header shows a file to be. */
export interface Kind {
  readonly modelType: string
  /** The base model's family in its own name, or null when the header doesn't show it. */
  readonly base: string | null
  /** A size or a purpose within the family, or null. */
  readonly variant?: string | null
  /** The tensor or metadata key that shows it. */
  readonly evidence: string
  /** Another kind that the same tensors can be; the file's folder decides between the two. */
  readonly alternative?: Kind
}
