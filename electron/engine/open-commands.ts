import type { Environment } from '../platform/environment.ts'
import { createCommands, type Commands } from './commands.ts'
import { createRechecks, type Rechecks } from '../intake/recheck.ts'

/** What a person can do to uploads, joined to who looks again at files that were refused while they were being written. */
export function openCommands(
  services: Omit<Parameters<typeof createCommands>[0], 'refused' | 'now'> & {
    readonly environment: Environment
  },
): { readonly commands: Commands; readonly rechecks: Rechecks } {
  const { rows, environment } = services
  const refused = (ids: readonly string[]) => rechecks.refused(ids)
  const commands = createCommands({ ...services, refused, now: environment.now })
  const rechecks = createRechecks({ rows, environment, retry: (ids) => commands.retry(ids) })
  return { commands, rechecks }
}
