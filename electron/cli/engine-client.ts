import { resolve } from 'node:path'
import type { SessionView, TeamChoice } from '../contract/account.ts'
import type { CommandHandlers, OwnEvents } from '../contract/command-calls.ts'
import type { Result } from '../contract/failures.ts'
import { isKnownServer } from '../contract/servers.ts'
import type { Settings } from '../contract/settings.ts'
import {
  pausingTotals,
  type AddReport,
  type Patch,
  type Totals,
  type UploadRow,
} from '../contract/uploads.ts'
import type { EnqueueRequest } from '../engine/engine-api.ts'
import type { Host } from '../host/connect-host.ts'

/** The events of the uploads of this command, and of the sign-ins. None of the functions may throw. */
export type ClientListener = { readonly [Name in keyof OwnEvents]?: (value: OwnEvents[Name]) => void }

/** The engine as a command uses it, whether this process hosts it or another one. */
export interface EngineClient {
  readonly about: Host['about']
  readonly calls: CommandHandlers
  /** Only sign-ins to the servers of this command. */
  session(): SessionView
  add(
    paths: readonly string[],
    request: EnqueueRequest & { readonly team: TeamChoice },
  ): Promise<Result<AddReport>>
  /** Of the uploads of this command. */
  snapshot(): { readonly rows: readonly UploadRow[]; readonly totals: Pick<Totals, 'pausing'> }
  /** Returns the unsubscribe function. */
  subscribe(listener: ClientListener): () => void
  /** Adds and searches nothing any more. Resolves to the uploads that end with this command. */
  stopWork(): Promise<ReadonlySet<string>>
  /** Whether `stopWork` was called. */
  isStopping(): boolean
}

/** @param first the sign-ins when the command began */
export function createEngineClient(
  { about, calls, listen }: Pick<Host, 'about' | 'calls' | 'listen'>,
  first: SessionView,
  settings: Pick<Settings, 'server' | 'servers' | 'review'>,
): EngineClient {
  const rows = new Map<string, UploadRow>()
  const listeners = new Set<ClientListener>()
  let session = sessionAt(settings, first)
  let approve: EnqueueRequest['approve']
  let own: Promise<ReadonlySet<string>> | null = null

  const tell = <Name extends keyof OwnEvents>(name: Name, value: OwnEvents[Name]) => {
    for (const { [name]: report } of listeners) report?.(value)
  }
  listen({
    uploads(patch) {
      for (const row of patch.changed) rows.set(row.id, row)
      for (const id of patch.removed) rows.delete(id)
      tell('uploads', withOwnTotals(patch, [...rows.values()]))
    },
    session(changed) {
      session = sessionAt(settings, changed)
      tell('session', session)
    },
    verified: (value) => tell('verified', value),
    leftOut: (value) => tell('leftOut', value),
    unlisted: (value) => tell('unlisted', value),
    signInDelayed: (value) => tell('signInDelayed', value),
    proposal(proposal) {
      void approve?.(proposal).then((accepted) => calls.answerProposal(accepted && [...accepted]))
    },
  })

  return {
    about,
    calls,
    session: () => session,
    add(paths, request) {
      approve = request.approve
      const asked = request.review === 'first' ? 'asked-first' : 'asked'
      return calls.addPaths({
        paths: paths.map((path) => resolve(path)),
        team: request.team,
        target: { ...request.target },
        allow: [...(request.allow ?? [])],
        onConflict: request.onConflict ?? null,
        review: settings.review,
        approval: request.approve ? asked : 'given',
      })
    },
    snapshot: () => ({ rows: [...rows.values()], totals: sumsOf([...rows.values()]) }),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    isStopping: () => own !== null,
    stopWork: () => (own ??= calls.stopWork(undefined).then((ids) => new Set(ids.ok ? ids.value : []))),
  }
}

/** With MODELFERRY_SERVER, nothing is sent to the other servers of the app's settings. */
function sessionAt(
  servers: Pick<Settings, 'server' | 'servers'>,
  { chosen, ...session }: SessionView,
): SessionView {
  const accounts = session.accounts.filter(({ server }) => isKnownServer(servers, server))
  const isChoiceKnown = accounts.some(({ id }) => id === chosen?.accountId)
  return { ...session, accounts, chosen: isChoiceKnown ? chosen : null }
}

type Sums = Pick<Totals, 'totalBytes' | 'movedBytes' | 'bytesPerSecond' | 'secondsLeft' | 'pausing'>

/** The host's totals are about all uploads. */
const withOwnTotals = (patch: Patch, rows: readonly UploadRow[]): Patch => ({
  ...patch,
  totals: { ...patch.totals, ...sumsOf(rows) },
})

/** What is shown of this command's uploads together. */
function sumsOf(rows: readonly UploadRow[]): Sums {
  const sum = (of: (row: UploadRow) => number) => rows.reduce((total, row) => total + of(row), 0)
  const totalBytes = sum(({ sizeBytes }) => sizeBytes)
  const movedBytes = sum((row) =>
    row.phase === 'registered' ? row.sizeBytes : row.sentBytes + row.inFlightBytes,
  )
  const bytesPerSecond = sum((row) => row.bytesPerSecond ?? 0) || null
  return {
    totalBytes,
    movedBytes,
    bytesPerSecond,
    secondsLeft: bytesPerSecond === null ? null : Math.ceil((totalBytes - movedBytes) / bytesPerSecond),
    pausing: pausingTotals(rows),
  }
}
