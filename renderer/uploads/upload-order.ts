import type { UploadRow } from '../../electron/contract/uploads.ts'
import type { Actions } from '../app/actions.ts'
import type { Announcer } from '../app/announcer.svelte.ts'
import type { Language } from '../app/language.svelte.ts'
import type { ReorderStep, RowOrder } from '../ui/list/row-order.ts'
import type { NoticesState } from '../ui/notices-state.svelte.ts'
import type { QueueState } from './queue-state.svelte.ts'
import { groupRows, isUploadOrder, uploadOrder } from './row-groups.ts'
import { groupOf } from './row-status.ts'

interface Services {
  readonly actions: Pick<Actions, 'moveToTop' | 'moveUploads'>
  readonly announcer: Pick<Announcer, 'polite'>
  readonly language: Pick<Language, 't'>
  readonly notices: NoticesState
  readonly queue: QueueState
}

/** Whether an upload can be moved in the queue: it waits, or is paused. */
export const isMovable = ({ phase }: UploadRow) =>
  phase === 'waiting' || phase === 'retrying' || phase === 'paused'

/** The order after some uploads were moved before another one, or behind all if it is null. */
export function orderAfterMove(
  order: readonly string[],
  ids: readonly string[],
  before: string | null,
): readonly string[] {
  const rest = without(order, ids)
  const index = before === null ? rest.length : rest.indexOf(before)
  return [...rest.slice(0, index), ...ids, ...rest.slice(index)]
}

/**
 * The upload before which others are moved by one step; null for the end of the queue. Several uploads move
 * together: up from the first one, down from the last one.
 */
export function placeAfterStep(
  order: readonly string[],
  ids: readonly string[],
  step: ReorderStep,
): string | null {
  const moved = new Set(ids)
  const rest = without(order, ids)
  const countAbove = (index: number) => without(order.slice(0, index), ids).length
  const index = {
    top: 0,
    up: Math.max(0, countAbove(order.findIndex((id) => moved.has(id))) - 1),
    down: countAbove(order.findLastIndex((id) => moved.has(id))) + 1,
    bottom: rest.length,
  }[step]
  return rest[index] ?? null
}

function without(order: readonly string[], ids: readonly string[]): readonly string[] {
  const removed = new Set(ids)
  return order.filter((id) => !removed.has(id))
}

/** Ids of all uploads that can be moved, in the order in which the list is sorted. */
export function sortedUploads({ rows, sort }: Pick<QueueState, 'rows' | 'sort'>): string[] {
  const movable = [...rows.values()].filter(isMovable)
  return groupRows(movable, { search: '', sort, held: null }).flatMap(({ ids }) => ids)
}

/** Reorders the waiting and paused uploads of the list by dragging and by keys. */
export function createUploadOrder(services: Services): RowOrder {
  const { actions, announcer, language, notices, queue } = services
  const { t } = language
  const rowOf = (id: string) => queue.rows.get(id)
  const canMove = (id: string) => {
    const row = rowOf(id)
    return isUploadOrder(queue.sort) && row !== undefined && isMovable(row)
  }

  function onrefuse(): void {
    if (isUploadOrder(queue.sort)) notices.show('reorder.not-waiting')
    else {
      notices.showWithAction({
        key: 'reorder.sorted',
        params: {},
        label: 'reorder.unsort',
        onaction: () => (queue.sort = uploadOrder),
      })
    }
  }

  async function move(ids: readonly string[], before: string | null): Promise<void> {
    const order = queue.waitingIds()
    const next = orderAfterMove(order, ids, before)
    if (next.every((id, index) => id === order[index])) return
    if (await actions.moveUploads(ids, before)) announce(ids, next)
  }

  function announce(ids: readonly string[], order: readonly string[]): void {
    const [first = ''] = ids
    const place = { position: order.indexOf(first) + 1, count: order.length }
    announcer.polite = { text: t('reorder.moved', { names: labelOf(ids), ...place }) }
  }

  function labelOf(ids: readonly string[]): string {
    const [first = ''] = ids
    return ids.length === 1
      ? (rowOf(first)?.target.displayName ?? '')
      : t('reorder.uploads', { count: ids.length })
  }

  /** The upload after the last one that is shown: others may be hidden by the search. */
  function endOfShown(ids: readonly string[]): string | null {
    const order = without(queue.waitingIds(), ids)
    const places = new Map(order.map((id, index) => [id, index]))
    const last = queue.ids.findLast((id) => places.has(id))
    return last === undefined ? null : (order[(places.get(last) ?? 0) + 1] ?? null)
  }

  return {
    canMove,
    canDropAt(id) {
      const row = rowOf(id)
      return row !== undefined && groupOf(row) === 'waiting'
    },
    labelOf,
    onrefuse,
    onmove: (ids, before) => void move(ids, before ?? endOfShown(ids)),
    onstep(ids, step) {
      const movable = ids.filter(canMove)
      if (movable.length === 0) return onrefuse()
      void move(movable, placeAfterStep(queue.waitingIds(), movable, step))
    },
  }
}
