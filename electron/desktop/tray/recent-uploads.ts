import type { Patch, UploadRow } from '../../contract/uploads.ts'
import type { Engine } from '../../engine/engine.ts'

/** A model that came into the library lately. */
export interface Recent {
  readonly id: string
  readonly name: string
  readonly modelId: string | null
}

export interface Recents {
  list(): readonly Recent[]
  /** Answers whether the list is another now. */
  patch(patch: Pick<Patch, 'changed' | 'removed'>): boolean
  /** Reads them from the history, as another person may have signed in. */
  read(): Promise<void>
}

/** As many as a menu shows at a glance. */
const most = 5

const recentOf = ({ id, target, modelId }: UploadRow): Recent => ({ id, name: target.displayName, modelId })

export function createRecents(engine: Pick<Engine, 'calls'>): Recents {
  let recents: readonly Recent[] = []
  return {
    list: () => recents,
    patch({ changed, removed }) {
      const before = JSON.stringify(recents)
      const known = new Set(recents.map(({ id }) => id))
      const news = changed.filter(({ id, phase }) => phase === 'registered' && !known.has(id))
      recents = [...news.reverse().map(recentOf), ...recents]
        .filter(({ id }) => !removed.includes(id))
        .slice(0, most)
      return JSON.stringify(recents) !== before
    },
    async read() {
      const page = await engine.calls.history({ beforeMs: null, search: '', limit: most })
      if (page.ok) recents = page.value.rows.map(recentOf)
    },
  }
}
