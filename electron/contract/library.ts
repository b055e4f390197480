import * as v from 'valibot'
import type { Failure } from './failures.ts'

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

/** What is known of a team's models has changed, or asking for them has failed. */
export interface LibraryNews {
  readonly teamId: string
  readonly failure: Failure | null
}

/** What to do with a file whose library path other bytes have already. */
export type OnConflict = v.InferOutput<typeof onConflict>
export const onConflict = v.picklist(['ask', 'skip', 'rename', 'replace', 'keep-both'])

/** What becomes of the model that is replaced. */
export type ReplacedFate = v.InferOutput<typeof replacedFate>
export const replacedFate = v.picklist(['disable', 'delete'])

/** The model whose place an upload takes. It is touched only once the new one is stored. */
export interface Replacing {
  readonly modelId: string
  readonly name: string
  /** Where the old model stood when the person decided. */
  readonly path: string
  readonly fate: ReplacedFate
  /** Where it was moved because the server takes one model a path; null while it stands where it stood. */
  readonly asidePath: string | null
}

/** The model of the library that has a file's bytes already: nothing of the file was sent. */
export interface AlreadyThere {
  readonly name: string
  readonly path: string | null
  readonly status: string
}

/** What an upload has to do with what the team has already; absent members were never of concern. */
export interface LibraryPart {
  /** What was decided, or asked for beforehand, should the path be taken; `ask` when absent. */
  readonly onConflict?: OnConflict
  readonly fate?: ReplacedFate
  readonly replaces?: Replacing
  readonly already?: AlreadyThere
}
