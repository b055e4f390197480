import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'

/**
 * Makes the journal of a running app fail writes as a full disk would: changes of uploads, new parts, or
 * both. The returned function ends the failures.
 */
export function refuseWrites(home: string, of: 'uploads' | 'parts' | 'all' = 'all'): () => void {
  const database = new DatabaseSync(join(home, 'journal.sqlite'))
  const refuse = (name: string, event: string) =>
    database.exec(`CREATE TRIGGER ${name} BEFORE ${event} BEGIN SELECT RAISE(ABORT, 'no room'); END`)
  const triggers: string[] = []
  if (of !== 'parts') triggers.push('no_room_for_uploads')
  if (of !== 'uploads') triggers.push('no_room_for_parts')
  for (const name of triggers)
    refuse(name, name === 'no_room_for_parts' ? 'INSERT ON parts' : 'UPDATE ON uploads')
  return () => {
    for (const name of triggers) database.exec(`DROP TRIGGER ${name}`)
    database.close()
  }
}
