import type { UploadRow } from '../contract/uploads.ts'
import { closestMatch } from './closest-match.ts'
import { isoTime } from './output/output.ts'
import type { TextStream } from './output/text-stream.ts'

/** How things of one kind are named on the command line. */
export interface Naming<Item> {
  readonly noun: 'upload' | 'model' | 'folder'
  /** Other names than the ID. */
  readonly namesOf: (item: Item) => readonly string[]
  /** What tells it from others of the same name. */
  readonly describe: (item: Item) => string
}

export const uploadNaming: Naming<Pick<UploadRow, 'fileName' | 'target' | 'team' | 'phase' | 'addedAtMs'>> = {
  noun: 'upload',
  namesOf: ({ fileName, target }) => [fileName, target.displayName],
  describe: ({ addedAtMs, phase, team }) =>
    `${isoTime(addedAtMs)}  ${phase.padEnd(10)}  ${team.name || 'no team yet'}`,
}

/**
 * The items with these IDs or, where there is none, names in any case. Null if a name is unknown or of several items,
 * which is reported.
 */
export function findNamed<Item extends { readonly id: string }>(
  names: readonly string[],
  items: readonly Item[],
  naming: Naming<Item>,
  err: TextStream,
): readonly Item[] | null {
  const found = new Map<string, Item>()
  for (const name of names) {
    const sameId = items.filter(({ id }) => id === name)
    const isMeant = (item: Item) =>
      naming.namesOf(item).some((one) => one.toLowerCase() === name.toLowerCase())
    const matches = sameId.length > 0 ? sameId : items.filter(isMeant)
    const [first, ...others] = matches
    if (!first || others.length > 0) {
      reportUnclear(name, { matches, knownNames: items.flatMap(naming.namesOf), naming }, err)
      return null
    }
    found.set(first.id, first)
  }
  return [...found.values()]
}

/** Writes why a name means nothing: none has it, or all of these have it. */
export function reportUnclear<Item extends { readonly id: string }>(
  name: string,
  found: {
    readonly matches: readonly Item[]
    readonly knownNames: readonly string[]
    readonly naming: Naming<Item>
  },
  err: TextStream,
): void {
  const { matches, knownNames, naming } = found
  if (matches.length === 0) {
    const similar = closestMatch(name, knownNames)
    const hint = similar === null ? '' : ` Did you mean "${similar}"?`
    return err.line(`No ${naming.noun} has the ID or name "${name}".${hint}`)
  }
  err.line(`${matches.length} ${naming.noun}s have this name. Use the ID of one of them:`)
  for (const item of matches) err.line(`${item.id}  ${naming.describe(item)}`)
}
