import type { Patch, UploadRow } from '../../contract/uploads.ts'
import type { Engine } from '../../engine/engine.ts'

export interface RecentUpload {
  readonly id: string
  readonly name: string
  readonly modelId: string | null
}

/** The models that were added to the library last, newest first. */
export interface RecentUploads {
  list(): readonly RecentUpload[]
  applyPatch(patch: Pick<Patch, 'changed' | 'removed'>): void
  /** Reads them from the history, since the signed-in user may have changed. */
  reload(): Promise<void>
}

const maxCount = 5

const recentUploadOf = ({ id, target, modelId }: UploadRow): RecentUpload => ({
  id,
  name: target.displayName,
  modelId,
})

export function createRecentUploads(engine: Pick<Engine, 'calls'>): RecentUploads {
  let recent: readonly RecentUpload[] = []
  return {
    list: () => recent,
    applyPatch({ changed, removed }) {
      const known = new Set(recent.map(({ id }) => id))
      const added = changed.filter(({ id, phase }) => phase === 'registered' && !known.has(id))
      recent = [...added.reverse().map(recentUploadOf), ...recent]
        .filter(({ id }) => !removed.includes(id))
        .slice(0, maxCount)
    },
    async reload() {
      const page = await engine.calls.history({ beforeMs: null, search: '', limit: maxCount })
      if (page.ok) recent = page.value.rows.map(recentUploadOf)
    },
  }
}
