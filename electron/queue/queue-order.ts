/** Distance between the positions of uploads that are added, so that moving one rarely changes others. */
export const positionStep = 1_024

export interface PlacedUpload {
  readonly id: string
  /** Whole number; lower runs first. */
  readonly position: number
}

/**
 * The new positions that put `ids`, in this order, directly before another upload, or after all if it is null
 * or not in the queue. Others only get new positions if there is no room between the new neighbours.
 * @param queue all uploads in their order
 */
export function positionsAfterMove(
  queue: readonly PlacedUpload[],
  ids: readonly string[],
  before: string | null,
): ReadonlyMap<string, number> {
  const moved = new Set(ids)
  const start = queue.findIndex(({ id }) => id === before)
  const others = queue.filter(({ id }) => !moved.has(id))
  // `before` may be among the moved ones: then it is the next one that stays.
  const index = start === -1 ? others.length : queue.slice(0, start).filter(({ id }) => !moved.has(id)).length
  const positions = positionsBetween(others[index - 1]?.position, others[index]?.position, ids.length)
  return new Map([
    ...ids.map((id, place): [string, number] => [id, positions[place] ?? 0]),
    ...makeRoom(others.slice(index), positions.at(-1) ?? -Infinity),
  ])
}

/** `count` ascending whole numbers, between two others if there are as many. */
function positionsBetween(
  after: number | undefined,
  before: number | undefined,
  count: number,
): readonly number[] {
  const places = Array.from({ length: count }, (_, index) => index + 1)
  if (after === undefined && before !== undefined)
    return places.map((place) => before - (count + 1 - place) * positionStep)
  const first = after ?? 0
  const gap = (before ?? Infinity) - first
  if (gap <= count || gap === Infinity) return places.map((place) => first + place * positionStep)
  return places.map((place) => first + Math.floor((gap * place) / (count + 1)))
}

/** Higher positions for the uploads that would no longer be behind `last`. */
function makeRoom(following: readonly PlacedUpload[], last: number): [string, number][] {
  const changes: [string, number][] = []
  let end = last
  for (const { id, position } of following) {
    if (position > end) break
    end += positionStep
    changes.push([id, end])
  }
  return changes
}
