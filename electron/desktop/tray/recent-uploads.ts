import type { Patch, UploadRow } from '../../contract/uploads.ts'
import type { Engine } from '../../engine/engine.ts'

/** A model that came into the library lately. */
export interface RecentUpload {
  readonly id: string
  readonly name: string
  readonly modelId: string | null
}

export interface RecentUploads {
  list(): readonly RecentUpload[]
  /** Answers whether the list is another now. */
  applyPatch(patch: Pick<Patch, 'changed' | 'removed'>): boolean
  /** Reads them from the history, as another person may have signed in. */
  reload(): Promise<void>
}

/** As many as a menu shows at a glance. */
const most = 5

const recentOf = ({ id, target, modelId }: UploadRow): RecentUpload => ({
  id,
  name: target.displayName,
  modelId,
})

export function createRecentUploads(engine: Pick<Engine, 'calls'>): RecentUploads {
  let recents: readonly RecentUpload[] = []
  return {
    list: () => recents,
    applyPatch({ changed, removed }) {
      const before = JSON.stringify(recents)
      const known = new Set(recents.map(({ id }) => id))
      const news = changed.filter(({ id, phase }) => phase === 'registered' && !known.has(id))
      recents = [...news.reverse().map(recentOf), ...recents]
        .filter(({ id }) => !removed.includes(id))
        .slice(0, most)
      return JSON.stringify(recents) !== before
    },
    async reload() {
      const page = await engine.calls.history({ beforeMs: null, search: '', limit: most })
      if (page.ok) recents = page.value.rows.map(recentOf)
    },
  }
}
