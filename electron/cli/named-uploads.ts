import type { UploadRow } from '../contract/uploads.ts'
import { closestMatch } from './closest-match.ts'
import { isoTime } from './output/output.ts'
import type { TextStream } from './output/text-stream.ts'

type Named = Pick<UploadRow, 'id' | 'fileName' | 'target' | 'team' | 'phase' | 'addedAtMs'>

/**
 * The uploads with these IDs or, where there is none, names of their files or models, in any case. Null if a name is
 * unknown or of several uploads, which is reported.
 */
export function findNamedUploads<Row extends Named>(
  names: readonly string[],
  rows: readonly Row[],
  err: TextStream,
): readonly Row[] | null {
  const found = new Map<string, Row>()
  for (const name of names) {
    const matches = matching(name, rows)
    const [first, ...others] = matches
    if (!first || others.length > 0) {
      reportUnclear(name, matches, rows.flatMap(namesOf), err)
      return null
    }
    found.set(first.id, first)
  }
  return [...found.values()]
}

const namesOf = ({ fileName, target }: Named) => [fileName, target.displayName]

function matching<Row extends Named>(name: string, rows: readonly Row[]): readonly Row[] {
  const sameId = rows.filter(({ id }) => id === name)
  const isMeant = (row: Row) => namesOf(row).some((one) => one.toLowerCase() === name.toLowerCase())
  return sameId.length > 0 ? sameId : rows.filter(isMeant)
}

/** Writes why a name means no upload: none has it, or these have it. */
export function reportUnclear(
  name: string,
  matches: readonly Named[],
  knownNames: readonly string[],
  err: TextStream,
): void {
  if (matches.length === 0) {
    const similar = closestMatch(name, knownNames)
    const hint = similar === null ? '' : ` Did you mean "${similar}"?`
    return err.line(`No upload has the ID or name "${name}".${hint}`)
  }
  err.line(`${matches.length} uploads have this name. Use the ID of one of them:`)
  for (const { id, addedAtMs, phase, team } of matches)
    err.line(`${id}  ${isoTime(addedAtMs)}  ${phase.padEnd(10)}  ${team.name || 'no team yet'}`)
}
