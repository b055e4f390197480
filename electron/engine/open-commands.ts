import type { Ports } from '../platform/environment.ts'
import { createCommands, type Commands } from './commands.ts'
import { createSecondLooks, type SecondLooks } from '../intake/recheck.ts'

/** What a person can do to uploads, joined to who looks again at files that were refused while they were being written. */
export function openCommands(
  rooms: Omit<Parameters<typeof createCommands>[0], 'refused' | 'now'> & { readonly ports: Ports },
): { readonly commands: Commands; readonly secondLooks: SecondLooks } {
  const { rows, ports } = rooms
  const refused = (ids: readonly string[]) => secondLooks.refused(ids)
  const commands = createCommands({ ...rooms, refused, now: ports.now })
  const secondLooks = createSecondLooks({ rows, ports, retry: (ids) => commands.retry(ids) })
  return { commands, secondLooks }
}
