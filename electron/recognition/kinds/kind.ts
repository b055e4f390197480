import { baseSeparator, type ContainedPart } from '../../contract/recognition.ts'

/** What a header shows a file to be. */
export interface Kind {
  readonly modelType: string
  /**
   * The base model's family in its own name, several joined by ` / ` if the header doesn't show which of
   * them, or null if it shows none.
   */
  readonly base: string | null
  /** A size or a purpose within the family, or null. */
  readonly variant?: string | null
  /** Of a checkpoint, what it contains besides the diffusion model. */
  readonly contains?: readonly ContainedPart[]
  /** The tensor or metadata key that shows it. */
  readonly evidence: string
  /** Another kind that the same tensors can be; the file's folder decides between the two. */
  readonly alternative?: Kind
}

/** Families that can't be distinguished, as one base: `Flux.1 / SD3`. */
export const joinBases = (bases: readonly string[]): string | null =>
  bases.length === 0 ? null : bases.join(baseSeparator)
