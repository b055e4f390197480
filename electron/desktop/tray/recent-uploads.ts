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
  applyPatch(patch: Pick<Patch, 'changed' | 'removed'>): Promise<void>
  /** Reads them from the history, since its records or the signed-in user may have changed. */
  reload(): Promise<void>
}

const maxCount = 5

const recentUploadOf = ({ id, target, modelId }: UploadRow): RecentUpload => ({
  id,
  name: target.displayName,
  modelId,
})

const latestFirst = (a: UploadRow, b: UploadRow) => (b.finishedAtMs ?? 0) - (a.finishedAtMs ?? 0)

export function createRecentUploads(engine: Engine): RecentUploads {
  let rows: readonly UploadRow[] = []

  async function reload(): Promise<void> {
    const page = await engine.calls.history({ beforeMs: null, search: '', limit: maxCount })
    // A page has more rows if several finished at the time of its last one.
    if (page.ok) rows = page.value.rows.slice(0, maxCount)
  }

  return {
    list: () => rows.map(recentUploadOf),
    async applyPatch({ changed, removed }) {
      // Earlier uploads change too, for example when they are verified.
      const registered = changed.filter(({ phase }) => phase === 'registered')
      const byId = new Map([...rows, ...registered].map((row) => [row.id, row]))
      rows = [...byId.values()].sort(latestFirst).slice(0, maxCount)
      // Most rows that leave the list stay in the history.
      if (rows.some(({ id }) => removed.includes(id))) await reload()
    },
    reload,
  }
}
