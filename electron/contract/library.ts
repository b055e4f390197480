import type { Failure } from './errors.ts'

/** One model of a team's library. What the server left out is null, or `''` where a text is shown. */
export interface LibraryModel {
  readonly id: string
  readonly displayName: string
  readonly modelType: string
  /** Where agents write it, relative to their models folder; null when the list doesn't say. */
  readonly modelPath: string | null
  readonly sizeBytes: number | null
  /** 64 lower-case hex digits, or null when the list has none or names another hash. */
  readonly sha256: string | null
  /** `active` models reach agents, `disabled` ones don't; a server may have other words (NOTES.md). */
  readonly status: string
  /** Milliseconds since the epoch, or null. */
  readonly createdAtMs: number | null
  readonly storageKey: string | null
}

/** A team's models as they were when the server was asked last, with what we have changed since. */
export interface LibraryListing {
  readonly models: readonly LibraryModel[]
  /** When the server was asked (ms since the epoch). */
  readonly listedAtMs: number
  /** Why asking again has failed since; null when it hasn't. What is listed is then as old as `listedAtMs`. */
  readonly failure: Failure | null
}

/** What can be changed in a model: its bytes are fixed (NOTES.md, rule 10). */
export interface LibraryChange {
  readonly displayName?: string
  readonly modelType?: string
  readonly modelPath?: string
  readonly status?: 'active' | 'disabled'
}
