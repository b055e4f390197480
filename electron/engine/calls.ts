import type { findingCalls } from '../contract/calls-finding.ts'
import type { watchingCalls } from '../contract/calls-watching.ts'
import type { CallHandlers, CallNameOf } from '../contract/calls.ts'
import { success, type Result } from '../contract/failures.ts'
import type { AddReport } from '../contract/uploads.ts'
import type { StoredChoices } from '../platform/environment.ts'
import type { TransferServices } from './transfer-services.ts'
import type { Commands } from './commands.ts'
import type { Details } from '../feed/details.ts'
import type { DoneToday } from '../feed/done-today.ts'
import type { Feed } from '../feed/feed.ts'
import type { PauseReasons } from '../queue/pause-reasons.ts'
import type { Queue } from '../queue/queue.ts'
import { decide } from './decisions.ts'
import type { HashCache } from '../journal/hash-cache.ts'
import type { Library } from '../library/library.ts'
import { libraryCalls } from './library-calls.ts'
import { fileToInspect } from '../intake/inspect-again.ts'
import { toUploadRow } from '../journal/row-view.ts'
import type { Rows } from '../journal/rows.ts'
import type { SignIns } from '../accounts/sign-ins.ts'
import type { UploadStore } from '../journal/upload-store.ts'
import type { AbandonedUploads } from '../uploads/abandoned-uploads.ts'

export type EngineCalls = Pick<CallHandlers, CallNameOf<'engine'>>
/** Calls that other rooms of the engine answer. */
type Elsewhere = keyof typeof findingCalls | keyof typeof watchingCalls

/** The rooms that answer them. */
interface CalledRooms {
  readonly feed: Feed
  readonly details: Details
  readonly doneToday: DoneToday
  readonly signIns: SignIns
  readonly commands: Commands
  readonly rows: Rows
  readonly store: UploadStore
  readonly abandonedUploads: AbandonedUploads
  readonly queue: Queue
  readonly choices: StoredChoices
  readonly library: Library
  readonly hashCache: HashCache
  readonly transfer: Pick<TransferServices, 'inspector'>
  readonly paused: PauseReasons
  /** Takes in files and folders for the chosen team. */
  addPaths(paths: readonly string[]): Promise<Result<AddReport>>
}

async function pauseAll({ paused, choices, feed, queue }: CalledRooms, all: boolean): Promise<void> {
  paused.all = all
  choices.set('all-paused', all ? 'yes' : 'no')
  feed.touched()
  await queue.setHeld(all || paused.outside)
}

/** Ends the pause of everything, and that of each file by itself: whoever resumes all means all that is shown. */
async function resumeAll(services: CalledRooms): Promise<Result<void>> {
  await pauseAll(services, false)
  const { rows } = services.feed.snapshot()
  return services.commands.resume(rows.filter(({ phase }) => phase === 'paused').map(({ id }) => id))
}

/** What the engine answers of the contract's calls, one function each. */
export function engineCalls(services: CalledRooms): Omit<EngineCalls, Elsewhere> {
  const { feed, details, signIns, commands, rows, store, abandonedUploads, doneToday } = services
  return {
    snapshot: async () => success(feed.snapshot()),
    session: async () => success(signIns.view()),
    signIn: ({ email, password }) => signIns.signIn(email, password),
    checkServer: async ({ address }) => success(await signIns.checkServer(address ?? undefined)),
    signInToProxy: ({ proxy, name, password }) => signIns.signInToProxy(proxy, { name, password }),
    leaveProxy: async () => signIns.leaveProxy(),
    signInWithKey: ({ key }) => signIns.signInWithKey(key),
    startPairing: () => signIns.startPairing(),
    cancelPairing: async () => signIns.cancelPairing(),
    signOut: ({ accountId }) => signIns.signOut(accountId),
    chooseTeam: async (choice) => signIns.choose(choice),
    addFiles: ({ paths }) => services.addPaths(paths),
    editTarget: async ({ id, change }) => commands.editTarget(id, change),
    editTargets: async ({ changes }) => commands.editTargets(changes),
    pause: ({ ids }) => commands.pause(ids),
    resume: ({ ids }) => commands.resume(ids),
    async pauseAll() {
      await pauseAll(services, true)
      return success(undefined)
    },
    resumeAll: () => resumeAll(services),
    async cancel({ ids }) {
      const gone = await commands.cancel(ids)
      void abandonedUploads.cleanUp()
      return gone
    },
    async allow({ ids }) {
      const done = commands.allow(ids)
      return done.ok ? success(undefined) : done
    },
    retry: ({ ids }) => commands.retry(ids),
    decide: (decision) => decide(services, decision),
    ...libraryCalls(services),
    moveToTop: async ({ ids }) => commands.moveToTop(ids),
    dismiss: async ({ ids }) => doneToday.dismiss(ids),
    forget: async ({ ids }) => doneToday.forget(ids),
    watch: async ({ id }) => success(details.watch(id)),
    async modelFacts({ id }) {
      const record = rows.get(id)?.record ?? store.find(id)
      return success(record ? await services.transfer.inspector.lookCloser(fileToInspect(record)) : null)
    },
    history: async ({ beforeMs, search, limit }) => {
      const found = store.history({ beforeMs, search, limit, hidden: signIns.hidden() })
      const last = found.length < limit ? null : (found.at(-1)?.finishedAtMs ?? null)
      return success({ rows: found.map((record) => toUploadRow(record, null)), nextBeforeMs: last })
    },
  }
}
