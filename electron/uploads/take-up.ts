import { success, type Result } from '../contract/errors.ts'
import type { Order, TakenUp } from './adding.ts'
import type { Commands } from './commands.ts'
import type { Queue } from './queue.ts'
import type { Rows } from './rows.ts'
import type { Store } from './store.ts'

/**
 * Finds what the journal has of these files for the same account and team, so that dropping a file again, or typing the
 * command again after a crash, goes on instead of sending it anew. A row of a dead process is taken over; a row of a living
 * one is under way and left to it.
 */
export async function takeUp(
  {
    store,
    rows,
    queue,
    commands,
  }: {
    readonly store: Store
    readonly rows: Rows
    readonly queue: Queue
    readonly commands: Commands
  },
  paths: readonly string[],
  { accountId, team }: Order,
): Promise<Result<TakenUp>> {
  const wanted = new Set(paths)
  const claimed = store.claimQueue({ paths, accountId, teamId: team.id }).filter(({ id }) => !rows.has(id))
  rows.restore(claimed)
  const waiting = claimed.filter(({ phase }) => phase === 'waiting')
  queue.add(waiting.map(({ id }) => id))
  const goesOn = new Set(waiting.map(({ path }) => path))
  const underWay = new Set(store.heldByOthers({ paths, accountId, teamId: team.id }))
  for (const id of rows.ids()) {
    const record = rows.get(id)?.record
    if (!record || record.phase === 'registered' || !wanted.has(record.path) || goesOn.has(record.path))
      continue
    if (record.accountId !== accountId || record.team.id !== team.id) continue
    const moved = await commands.goOn(id)
    if (!moved.ok) return moved
    if (moved.value) goesOn.add(record.path)
    else underWay.add(record.path)
  }
  return success({ goesOn, underWay })
}
