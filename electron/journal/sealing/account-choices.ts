import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import * as v from 'valibot'
import { choiceOwners, type ChoiceName } from '../../platform/environment.ts'
import { parseTeamChoices, serializeTeamChoices, teamChoiceSchema } from '../../platform/team-choices.ts'
import type { StoredRow } from './account-rows.ts'

const list = v.pipe(v.string(), v.parseJson(), v.array(v.unknown()))

const namesOf = (owner: (typeof choiceOwners)[ChoiceName]) =>
  Object.entries(choiceOwners).flatMap(([name, itsOwner]) => (itsOwner === owner ? [name] : []))

/** The items of a choice; null if it is a single value. */
function itemsOf(name: string, value: unknown): readonly unknown[] | null {
  if (name === 'team') return parseTeamChoices(value)
  const parsed = v.safeParse(list, value)
  return parsed.success ? parsed.output : null
}

function textOf(name: string, items: readonly unknown[]): string {
  return name === 'team'
    ? serializeTeamChoices(items.filter((item) => v.is(teamChoiceSchema, item)))
    : JSON.stringify(items)
}

/**
 * Deletes the choices of these accounts and returns them as rows. Files that wait for a team go with the
 * account whose team was chosen last, or if no other account is signed in; of the other lists, users who stay keep
 * what is about files of their uploads and watched folders.
 */
export function takeChoices(
  database: DatabaseSync,
  accountIds: readonly string[],
  hasOtherUsers: boolean,
): readonly StoredRow[] {
  const [last] = parseTeamChoices(readChoice(database, 'team')) ?? []
  const areFilesKept = hasOtherUsers && !(last && accountIds.includes(last.accountId))
  const isOfOthers = hasOtherUsers ? filesOfOthers(database) : () => false
  const isKept = (name: string, item: unknown) => {
    if (name === 'waiting-files') return areFilesKept
    if (name !== 'team') return isOfOthers(item)
    return v.is(teamChoiceSchema, item) && !accountIds.includes(item.accountId)
  }
  return [...namesOf('account'), ...namesOf('files')].flatMap((name) => {
    const items = itemsOf(name, readChoice(database, name))
    const kept = items?.filter((item) => isKept(name, item)) ?? []
    if (!items || kept.length === items.length) return []
    if (kept.length > 0) writeChoice(database, name, textOf(name, kept))
    else database.prepare('DELETE FROM choices WHERE name = ?').run(name)
    return [
      {
        name,
        value: textOf(
          name,
          items.filter((item) => !kept.includes(item)),
        ),
      },
    ]
  })
}

/** Returns the items of choices after those that were added meanwhile; any other present choice stays. */
export function returnChoices(database: DatabaseSync, rows: readonly StoredRow[]): void {
  for (const { name, value } of rows) {
    const present = readChoice(database, String(name))
    const items = [...(itemsOf(String(name), present) ?? []), ...(itemsOf(String(name), value) ?? [])]
    const distinct = [...new Map(items.map((item) => [JSON.stringify(item), item])).values()]
    if (distinct.length > 0) writeChoice(database, String(name), textOf(String(name), distinct))
    else if (present === undefined) writeChoice(database, String(name), String(value))
  }
}

const readChoice = (database: DatabaseSync, name: string) =>
  database.prepare('SELECT value FROM choices WHERE name = ?').get(name)?.['value']

function writeChoice(database: DatabaseSync, name: string, value: string): void {
  database.prepare('INSERT OR REPLACE INTO choices (name, value) VALUES (?, ?)').run(name, value)
}

/** Returns a function that tells whether a stored item is about a file of an upload or watched folder that stays. */
function filesOfOthers(database: DatabaseSync): (item: unknown) => boolean {
  const folders = new Set<string>()
  const paths = database
    .prepare(
      'SELECT path FROM uploads UNION SELECT path FROM watched_folders UNION SELECT path FROM watched_files',
    )
    .all()
  for (const { path } of paths) {
    for (let folder = String(path); !folders.has(folder); folder = dirname(folder)) folders.add(folder)
  }
  // The key of a correction is `folder <path> <extension>` or names no file (intake/type-corrections.ts).
  const key = v.object({ key: v.string() })
  return (item) => {
    if (typeof item === 'string') return folders.has(item)
    const parsed = v.safeParse(key, item)
    if (!parsed.success) return false
    const match = /^folder (.*) \S*$/s.exec(parsed.output.key)
    return match === null || folders.has(match[1] ?? '')
  }
}
