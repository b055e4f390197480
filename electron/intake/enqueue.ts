import { failed, failure, type Result } from '../contract/failures.ts'
import type { TeamChoice } from '../contract/account.ts'
import type { AddReport, Target } from '../contract/uploads.ts'
import type { OnConflict } from '../contract/library.ts'
import type { Environment } from '../platform/environment.ts'
import { enqueuePaths, type AllowedRisk, type EnqueueOptions } from './enqueue-paths.ts'
import type { TransferServices } from '../engine/transfer-services.ts'
import type { SignIns } from '../accounts/sign-ins.ts'
import type { openLibraryServices } from '../engine/library-services.ts'
import type { Rechecks } from './recheck.ts'
import { checkConflictsEarly } from '../conflicts/early-check.ts'
import { adoptUploads, type AdoptOptions } from './adopt.ts'

export interface EnqueueRequest {
  /** Instead of the chosen team. */
  readonly team?: TeamChoice
  /** Instead of what was recognised, for each file. */
  readonly target?: Partial<Target>
  /** What is known of each file beforehand; goes before `target`'s. */
  readonly targetOf?: EnqueueOptions['targetOf']
  /** Sends files that can run code when they are loaded: those that look suspicious, or all of them. */
  readonly allow?: AllowedRisk
  /** Instead of what the settings say about a library path that is taken. */
  readonly onConflict?: OnConflict
  /** Nothing more is written down once it aborts. */
  readonly signal?: AbortSignal
}

/** Recognises, writes down and queues files and folders for a team (the chosen one unless named). */
export async function enqueue(
  services: AdoptOptions & {
    readonly signIns: Pick<SignIns, 'resolve'>
    readonly transfer: Pick<TransferServices, 'inspector' | 'warm'>
    readonly desk: Pick<ReturnType<typeof openLibraryServices>, 'library' | 'onConflict'>
    readonly rechecks: Pick<Rechecks, 'refused'>
    readonly environment: Environment
  },
  paths: readonly string[],
  { team, ...wishes }: EnqueueRequest = {},
): Promise<Result<AddReport>> {
  const { signIns, rows, queue, transfer, desk, environment } = services
  const chosen = signIns.resolve(team ?? null)
  if (!chosen) return failed(failure('no-team'))
  // While the files are looked at, the threads that will carry them start.
  transfer.warm()
  let position = rows.ids().reduce((last, id) => Math.max(last, rows.get(id)?.record.position ?? 0), 0)
  const order: EnqueueOptions = { ...chosen, onConflict: desk.onConflict(), ...wishes }
  const ids: string[] = []
  const report = await enqueuePaths(paths, order, {
    environment,
    inspect: (file) => transfer.inspector.inspect(file),
    nextPosition: () => (position += 1),
    takeUp: (found) => adoptUploads(services, found, order),
    accept(records) {
      const written = rows.add(records)
      if (written.ok) ids.push(...records.map(({ id }) => id))
      if (written.ok) queue.add(records.filter(({ phase }) => phase === 'waiting').map(({ id }) => id))
      if (written.ok) services.rechecks.refused(records.map(({ id }) => id))
      return written
    },
  })
  void checkConflictsEarly({ rows, queue, library: desk.library, environment }, ids)
  return report
}
