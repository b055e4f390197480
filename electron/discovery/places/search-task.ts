import type { CutShort } from '../../contract/discovery.ts'
import type { FoundPlace } from './search-places.ts'
import type { LocalModel } from '../scan/walk-models.ts'
import type { Surroundings } from './known-places.ts'
import type { Need } from '../workflows/workflow.ts'

/** What can be asked of the thread that searches. */
export type SearchOrder =
  | { readonly kind: 'places' }
  | { readonly kind: 'extra-paths'; readonly file: string }
  | { readonly kind: 'folders'; readonly folders: readonly string[] }
  | { readonly kind: 'weights'; readonly graph: string }
  | { readonly kind: 'workflows'; readonly files: readonly string[] }

export interface SearchTask {
  readonly order: SearchOrder
  readonly surroundings: Surroundings
}

/** What was found in a folder, and why it was not looked through to its end; `gone` for one that isn't there. */
export interface FolderSeen {
  readonly models: readonly LocalModel[]
  readonly cut: CutShort | 'gone' | null
}

/** What the thread answers, as it comes: one by one for each place, folder and workflow. */
export type SearchAnswer =
  | { readonly is: 'place'; readonly place: FoundPlace }
  | { readonly is: 'extra-paths'; readonly places: readonly FoundPlace[] | null }
  | ({ readonly is: 'folder'; readonly folder: string } & FolderSeen)
  /** The files beside a graph that hold its weights, with the least size of each; null when it can't be read. */
  | { readonly is: 'weights'; readonly files: ReadonlyMap<string, number> | null }
  | { readonly is: 'workflow'; readonly file: string; readonly needs: readonly Need[] | null }
  /** The order was carried out; `isWhole` is false when it had to leave something out. */
  | { readonly is: 'end'; readonly isWhole: boolean }
