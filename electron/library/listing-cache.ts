import { failed, retryClassOf, success, type Failure, type Result } from '../contract/failures.ts'
import type { LibraryChange, LibraryListing, LibraryModel } from '../contract/library.ts'
import type { Environment } from '../platform/environment.ts'

/** What others change in the library is seen this much later at the latest, in ms, unless somebody asks for it. */
const freshForMs = 5 * 60_000
/** A list that could not be had is not asked for again before this, in ms: three hundred uploads must not ask three hundred times. */
const absentForMs = { never: 5 * 60_000, later: 15_000 }

type Edit = (models: Map<string, LibraryModel>) => void

export interface CachedListing {
  readonly listing: Result<LibraryListing>
  /** Whether the server was asked for it just now. */
  readonly isNew: boolean
}

/** What is kept of one team's library. */
export interface ListingCache {
  /** What is kept where it is young enough, else what `ask` brings; one question at a time. */
  listing(
    maxAgeMs: number | undefined,
    ask: () => Promise<Result<readonly LibraryModel[]>>,
  ): Promise<CachedListing>
  add(model: LibraryModel): void
  change(id: string, change: LibraryChange): void
  drop(id: string): void
}

export function createListingCache(environment: Pick<Environment, 'now'>): ListingCache {
  let models: Map<string, LibraryModel> | null = null
  let shown: readonly LibraryModel[] = []
  let listedAtMs = 0
  let trouble: { readonly failure: Failure; readonly atMs: number } | null = null
  let asking: Promise<CachedListing> | null = null
  /** Our own changes since the question under way was asked: the pages may have been written before them. */
  let meanwhile: Edit[] = []

  function edit(make: Edit): void {
    if (asking) meanwhile.push(make)
    if (!models) return
    make(models)
    shown = [...models.values()]
  }

  const current = (): Result<LibraryListing> =>
    models === null && trouble
      ? failed(trouble.failure)
      : success({ models: shown, listedAtMs, failure: trouble?.failure ?? null })

  function isKept(maxAgeMs: number): boolean {
    const nowMs = environment.now()
    if (trouble && maxAgeMs > 0) {
      const waitMs = retryClassOf(trouble.failure) === 'never' ? absentForMs.never : absentForMs.later
      if (nowMs - trouble.atMs < waitMs) return true
    }
    return models !== null && trouble === null && nowMs - listedAtMs < maxAgeMs
  }

  async function ask(question: () => Promise<Result<readonly LibraryModel[]>>): Promise<CachedListing> {
    meanwhile = []
    const atMs = environment.now()
    const answer = await question()
    if (answer.ok) {
      models = new Map(answer.value.map((model) => [model.id, model]))
      for (const make of meanwhile) make(models)
      shown = [...models.values()]
      listedAtMs = atMs
      trouble = null
    } else {
      trouble = { failure: answer.failure, atMs: environment.now() }
    }
    return { listing: current(), isNew: true }
  }

  return {
    async listing(maxAgeMs = freshForMs, question) {
      if (asking) return { ...(await asking), isNew: false }
      if (isKept(maxAgeMs)) return { listing: current(), isNew: false }
      asking = ask(question).finally(() => {
        asking = null
      })
      return asking
    },
    add: (model) => edit((all) => void all.set(model.id, model)),
    change: (id, change) =>
      edit((all) => {
        const known = all.get(id)
        if (known) all.set(id, { ...known, ...change })
      }),
    drop: (id) => edit((all) => void all.delete(id)),
  }
}
