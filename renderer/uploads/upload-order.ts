import type { UploadRow } from '../../electron/contract/uploads.ts'
import type { AppState } from '../app/app-state.svelte.ts'
import type { ReorderStep, RowOrder } from '../ui/list/row-order.ts'
import type { QueueState } from './queue-state.svelte.ts'
import { groupRows, isInOrder, isUploadOrder, uploadOrder } from './row-groups.ts'
import { groupOf } from './row-status.ts'

/** Whether an upload can be moved in the queue: it waits, or is paused. */
export const isMovable = ({ phase }: UploadRow) =>
  phase === 'waiting' || phase === 'retrying' || phase === 'paused'

/** The order after some uploads were moved before another one, or behind all if it is null. */
function orderAfterMove(
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
function placeAfterStep(order: readonly string[], ids: readonly string[], step: ReorderStep): string | null {
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

export function only(order: readonly string[], ids: readonly string[]): readonly string[] {
  const kept = new Set(ids)
  return order.filter((id) => kept.has(id))
}

interface Move {
  readonly ids: readonly string[]
  readonly before: string | null
}

/**
 * The move that gives some uploads this order among the places that they take, so that all others keep theirs; null
 * if they have it already.
 */
export function moveWithinPlaces(order: readonly string[], ids: readonly string[]): Move | null {
  const wanted = orderWithinPlaces(order, ids)
  return moveBetween(order, wanted, (id, index) => id !== order[index])
}

/** The same, also if they seem to have this order: the order of the queue may be outdated. Null if none is there. */
export function moveToPlaces(order: readonly string[], ids: readonly string[]): Move | null {
  const placed = new Set(ids)
  return moveBetween(order, orderWithinPlaces(order, ids), (id) => placed.has(id))
}

function orderWithinPlaces(order: readonly string[], ids: readonly string[]): readonly string[] {
  const sorted = only(ids, order)
  const placed = new Map(only(order, ids).map((id, index) => [id, sorted[index]]))
  return order.map((id) => placed.get(id) ?? id)
}

/** The move that puts the first one that is moved, the last one and all between them in the wanted order. */
function moveBetween(
  order: readonly string[],
  wanted: readonly string[],
  isMoved: (id: string, index: number) => boolean,
): Move | null {
  const first = wanted.findIndex(isMoved)
  if (first === -1) return null
  const end = wanted.findLastIndex(isMoved) + 1
  return { ids: wanted.slice(first, end), before: order[end] ?? null }
}

/** Ids of the shown uploads that can be moved, in the order in which the list is sorted. */
export function sortedUploads({ ids, rows, sort }: QueueState): string[] {
  const movable = ids.flatMap((id) => rows.get(id) ?? []).filter(isMovable)
  return groupRows(movable, { search: '', sort }).flatMap(({ ids }) => ids)
}

/** Reorders the waiting and paused uploads of the list by dragging and by keys. */
export function createUploadOrder({ announcer, bridge, language, notices, queue }: AppState): RowOrder {
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

  /** Whether rows are in one group of the list: while everything is paused, the waiting ones are with the paused ones. */
  const isBeside = (id: string, others: readonly string[]) => {
    const [row, other] = [rowOf(id), rowOf(others[0] ?? '')]
    if (!row || !other || !isInOrder(row)) return false
    return queue.allPaused || groupOf(row) === groupOf(other)
  }

  /** Waiting and paused uploads that the search and the team filter show. */
  const shownOf = (order: readonly string[]) => only(order, queue.ids)

  /** Puts uploads before another one, or behind the last one that is shown if it is null. */
  async function move(ids: readonly string[], shownBefore: string | null): Promise<void> {
    const order = queue.waitingIds()
    const before = shownBefore ?? endOfShown(order, ids)
    const shown = shownOf(order)
    const next = shownOf(orderAfterMove(order, ids, before))
    if (next.every((id, index) => id === shown[index])) return
    if ((await bridge.moveUploads({ ids, before })).ok) announce(ids, next)
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
  function endOfShown(order: readonly string[], ids: readonly string[]): string | null {
    const rest = without(order, ids)
    const last = shownOf(rest).at(-1)
    return last === undefined ? null : (rest[rest.indexOf(last) + 1] ?? null)
  }

  return {
    canMove,
    canDropAt: isBeside,
    labelOf,
    onrefuse,
    onmove: (ids, before) => void move(ids, before),
    onstep(ids, step) {
      const movable = ids.filter(canMove)
      if (movable.length === 0) return onrefuse()
      const order = shownOf(queue.waitingIds()).filter((id) => isBeside(id, movable) || movable.includes(id))
      void move(movable, placeAfterStep(order, movable, step))
    },
  }
}
