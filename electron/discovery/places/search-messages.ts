import type { FolderSearchResult } from '../scan/search-folder.ts'
import type { LocalModel } from '../scan/walk-models.ts'
import type { NeededModel } from '../workflows/needed-models.ts'
import type { Computer } from './known-places.ts'
import type { FoundPlace } from './search-places.ts'

export type SearchRequest =
  | { readonly kind: 'places' }
  | { readonly kind: 'extra-paths'; readonly file: string }
  | { readonly kind: 'folders'; readonly folders: readonly string[] }
  | { readonly kind: 'near'; readonly folders: readonly string[]; readonly modelTypes: readonly string[] }
  | { readonly kind: 'weights'; readonly graph: string }
  | { readonly kind: 'workflows'; readonly files: readonly string[] }

/** What the search worker gets when it is started. */
export interface SearchTask {
  readonly request: SearchRequest
  readonly computer: Computer
}

/**
 * What the search worker sends: one message for each place, folder and workflow as soon as it is finished.
 */
export type SearchMessage =
  | { readonly kind: 'place'; readonly place: FoundPlace }
  /** Null if the file lists no model folders. */
  | { readonly kind: 'extra-paths'; readonly places: readonly FoundPlace[] | null }
  | ({ readonly kind: 'folder'; readonly folder: string } & FolderSearchResult)
  | { readonly kind: 'near'; readonly models: readonly LocalModel[] }
  /** File name → minimum size in bytes; null if the graph can't be read. */
  | { readonly kind: 'weights'; readonly files: ReadonlyMap<string, number> | null }
  /** Null if the file holds no workflow. */
  | {
      readonly kind: 'workflow'
      readonly file: string
      readonly neededModels: readonly NeededModel[] | null
    }
  /** The request is finished; `isComplete` is false if a limit ended it early. */
  | { readonly kind: 'end'; readonly isComplete: boolean }
