/** What a companion is for a model that can't be used without it. */
export type CompanionRole = 'text-encoder' | 'vae' | 'image-encoder' | 'base-model'

/** A file on this computer that is the companion by its own header. Calls take the id, which stands for its path. */
export interface CompanionOffer {
  readonly id: string
  readonly fileName: string
  readonly sizeBytes: number
  /** Its folder, for display. */
  readonly where: string
}

/** What uploads of the list need, and each companion once. */
export interface MissingInList {
  readonly companions: readonly MissingCompanion[]
  /** Keys of `companions` by the ids of the uploads that lack them. */
  readonly files: readonly { readonly id: string; readonly missing: readonly string[] }[]
}

/** A model that others need, in a file of its own, and that the team doesn't seem to have. */
export interface MissingCompanion {
  /** Names it in `ReviewFacts`; the same for all files of a team that need it. */
  readonly key: string
  readonly role: CompanionRole
  /** Its family, such as `T5-XXL`; several joined by ` / ` if any of them fits. */
  readonly base: string
  /**
   * Nothing that the team has can be it. Otherwise the team has models that could be it, but none of them has a
   * name under which it is published.
   */
  readonly isCertain: boolean
  /** A name under which it is published, or null. */
  readonly usualName: string | null
  /** The best first; empty while this computer is searched. */
  readonly offers: readonly CompanionOffer[]
}
