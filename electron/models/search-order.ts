import type { FoundPlace } from './place-search.ts'
import type { LocalModel } from './model-walk.ts'
import type { Surroundings } from './places.ts'
import type { Need } from './workflow.ts'

/** What can be asked of the thread that searches. */
export type SearchOrder =
  | { readonly kind: 'places' }
  | { readonly kind: 'extra-paths'; readonly file: string }
  | { readonly kind: 'folders'; readonly folders: readonly string[] }
  | { readonly kind: 'workflows'; readonly files: readonly string[] }

export interface SearchTask {
  readonly order: SearchOrder
  readonly surroundings: Surroundings
}

/** What each file held; null for none. */
export type WorkflowsRead = readonly (readonly Need[] | null)[]

/** What the thread answers; `place` may come many times before the end. */
export type SearchAnswer =
  | { readonly is: 'place'; readonly place: FoundPlace }
  | { readonly is: 'extra-paths'; readonly places: readonly FoundPlace[] | null }
  | { readonly is: 'folders'; readonly models: readonly LocalModel[]; readonly isWhole: boolean }
  | { readonly is: 'workflows'; readonly read: WorkflowsRead }
  | { readonly is: 'end' }
