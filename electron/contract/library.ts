import * as v from 'valibot'
import type { Failure } from './failures.ts'
import { failureSchema, type DeepReadonly } from './stored-values.ts'

/** One model of a team's library. Members that the server left out are null, or `''` for displayed texts. */
export interface LibraryModel {
  readonly id: string
  readonly displayName: string
  readonly modelType: string
  /** Where agents store it, relative to their models folder; null if not listed. */
  readonly modelPath: string | null
  readonly sizeBytes: number | null
  /** 64 lower-case hex digits, or null if not listed or a different hash. */
  readonly sha256: string | null
  /** Agents receive `active` models but not `disabled` ones; a server may use other values. */
  readonly status: string
  /** Milliseconds since the epoch, or null. */
  readonly createdAtMs: number | null
  readonly storageKey: string | null
  /** Base model, of which the server tells nothing: known for models that were uploaded from this computer. */
  readonly base?: string
}

/** A computer of a team that runs workflows. It downloads each active model as soon as it is registered. */
export interface Agent {
  readonly name: string
  /** `idle`, `busy`, `syncing` (downloads models), `tunnel` or `unhealthy`; a server may use other values. */
  readonly status: string
  /** What it downloads, as the server words it; `''` if it is not listed. */
  readonly syncDetail: string
  /** 0–100, or null. */
  readonly syncPercent: number | null
}

/** A team's models as last listed by the server, with our changes since. */
export interface LibraryListing {
  readonly models: readonly LibraryModel[]
  /** When the server listed them (ms since the epoch). */
  readonly listedAtMs: number
  /** When it listed all of them: later changes by others to known models may be missing. */
  readonly completeAtMs: number
  /** Why a later listing failed, or null. */
  readonly failure: Failure | null
}

/** The changeable members of a model; its bytes can't be changed. */
export interface LibraryChange {
  readonly displayName?: string
  readonly modelType?: string
  readonly modelPath?: string
  readonly status?: 'active' | 'disabled'
}

/** The listing of a team's models has changed or failed. */
export interface LibraryUpdate {
  readonly teamId: string
  readonly failure: Failure | null
  /** When the server was asked for the listing (ms since the epoch); absent for our own changes. */
  readonly listedAtMs?: number
}

/** What to do with a file whose library path belongs to a different model. */
export type OnConflict = v.InferOutput<typeof onConflict>
export const onConflict = v.picklist(['ask', 'skip', 'rename', 'replace', 'keep-both'])

/** What happens to the model that is replaced. */
export type ReplacedFate = v.InferOutput<typeof replacedFate>
export const replacedFate = v.picklist(['disable', 'delete'])

const replacedModel = v.object({
  modelId: v.string(),
  name: v.string(),
  /** The old model's path at the time of the decision. */
  path: v.string(),
  fate: replacedFate,
  /** The path it was moved to, since the server allows one model per path; null while it has not been moved. */
  asidePath: v.nullable(v.string()),
})

/** The model that an upload replaces. It is changed only once the new one is stored. */
export type ReplacedModel = Readonly<v.InferOutput<typeof replacedModel>>

const duplicateModel = v.object({ name: v.string(), path: v.nullable(v.string()), status: v.string() })

/** The library's model with the same bytes; the file was not uploaded. */
export type DuplicateModel = Readonly<v.InferOutput<typeof duplicateModel>>

/** How an upload relates to models of the library. Absent members don't apply. */
export const libraryRelationSchema = v.object({
  /** The decision or setting for a path conflict; `ask` when absent. */
  onConflict: v.exactOptional(onConflict),
  fate: v.exactOptional(replacedFate),
  /** The path conflict that was decided in review. Kept so that it can be decided differently until the approval. */
  decided: v.exactOptional(failureSchema),
  replaces: v.exactOptional(replacedModel),
  already: v.exactOptional(duplicateModel),
})
export type LibraryRelation = DeepReadonly<v.InferOutput<typeof libraryRelationSchema>>

/** A model that could not be deleted from the library. */
export interface FailedDeletion {
  readonly modelId: string
  readonly failure: Failure
}
