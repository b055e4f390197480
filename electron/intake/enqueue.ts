import { failed, failure, type Result } from '../contract/failures.ts'
import type { TeamChoice } from '../contract/account.ts'
import type { AddReport, Target } from '../contract/uploads.ts'
import type { OnConflict } from '../contract/library.ts'
import type { Ports } from '../platform/environment.ts'
import { addPaths, type Allowing, type Order } from './enqueue-paths.ts'
import type { Carriers } from '../engine/transfer-services.ts'
import type { SignIns } from '../accounts/sign-ins.ts'
import type { openLibraryDesk } from '../engine/library-services.ts'
import type { SecondLooks } from './recheck.ts'
import { survey } from './early-conflict-check.ts'
import { takeUp, type TakingUp } from './adopt.ts'

export interface AddOptions {
  /** Instead of the chosen team. */
  readonly team?: TeamChoice
  /** Instead of what was recognised, for each file. */
  readonly target?: Partial<Target>
  /** What is known of each file beforehand; goes before `target`'s. */
  readonly targetOf?: Order['targetOf']
  /** Sends files that can run code when they are loaded: those that look suspicious, or all of them. */
  readonly allow?: Allowing
  /** Instead of what the settings say about a library path that is taken. */
  readonly onConflict?: OnConflict
  /** Nothing more is written down once it aborts. */
  readonly signal?: AbortSignal
}

/** Recognises, writes down and queues files and folders for a team (the chosen one unless named). */
export async function takeIn(
  rooms: TakingUp & {
    readonly signIns: Pick<SignIns, 'resolve'>
    readonly carriers: Pick<Carriers, 'inspector' | 'warm'>
    readonly desk: Pick<ReturnType<typeof openLibraryDesk>, 'library' | 'onConflict'>
    readonly secondLooks: Pick<SecondLooks, 'refused'>
    readonly ports: Ports
  },
  paths: readonly string[],
  { team, ...wishes }: AddOptions = {},
): Promise<Result<AddReport>> {
  const { signIns, rows, queue, carriers, desk, ports } = rooms
  const chosen = signIns.resolve(team ?? null)
  if (!chosen) return failed(failure('no-team'))
  // While the files are looked at, the threads that will carry them start.
  carriers.warm()
  let position = rows.ids().reduce((last, id) => Math.max(last, rows.get(id)?.record.position ?? 0), 0)
  const order: Order = { ...chosen, onConflict: desk.onConflict(), ...wishes }
  const ids: string[] = []
  const report = await addPaths(paths, order, {
    ports,
    inspect: (file) => carriers.inspector.inspect(file),
    nextPosition: () => (position += 1),
    takeUp: (found) => takeUp(rooms, found, order),
    accept(records) {
      const written = rows.add(records)
      if (written.ok) ids.push(...records.map(({ id }) => id))
      if (written.ok) queue.add(records.filter(({ phase }) => phase === 'waiting').map(({ id }) => id))
      if (written.ok) rooms.secondLooks.refused(records.map(({ id }) => id))
      return written
    },
  })
  void survey({ rows, queue, library: desk.library, ports }, ids)
  return report
}
