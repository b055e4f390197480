import { homedir } from 'node:os'
import process from 'node:process'
import {
  teamKey,
  type Account,
  type SessionView,
  type Team,
  type TeamChoice,
} from '../../contract/account.ts'
import type { Failure } from '../../contract/failures.ts'
import type { FindingView, WorkflowView } from '../../contract/discovery.ts'
import type { Target } from '../../contract/uploads.ts'
import type { Timers } from '../../platform/environment.ts'
import type { Library } from '../../library/library.ts'
import type { Surroundings } from './known-places.ts'
import { createFinding, type Finding, type FindingOptions } from './find-models.ts'

export type Computer = Surroundings

interface FindingListener {
  finding?(view: FindingView): void
  workflow?(view: WorkflowView): void
  session?(session: SessionView): void
}

/** What a row of the queue is asked for here. */
interface QueuedRow {
  readonly record: {
    readonly accountId: string
    readonly team: Team
    readonly target: Target
    readonly phase: string
    readonly failure: Failure | null
  }
}

/** What is on this computer, joined to what the queue, the history and the libraries know. */
export function openFinding(services: {
  readonly worker: URL
  readonly computer: Computer | undefined
  readonly environment: { readonly timers: Timers }
  readonly library: Library
  readonly accounts: { list(): readonly Account[] }
  readonly rows: { ids(): readonly string[]; get(id: string): QueuedRow | undefined }
  readonly choices: {
    get(name: 'known-folders'): string | null
    set(name: 'known-folders', value: string): void
  }
  readonly listeners: Set<FindingListener>
  /** The account and team that files go to. */
  readonly resolve: (wanted: TeamChoice | null) => { readonly accountId: string; readonly team: Team } | null
  readonly sentBefore: FindingOptions['sentBefore']
  readonly addPlaced: FindingOptions['addPlaced']
}): Finding {
  const { worker, computer, library, rows, choices, listeners } = services
  const finding = createFinding({
    ...{ worker, library, sentBefore: services.sentBefore, addPlaced: services.addPlaced },
    timers: services.environment.timers,
    surroundings: computer ?? { platform: process.platform, home: homedir(), environment: process.env },
    chosen(wanted) {
      const chosen = services.resolve(wanted)
      const account = chosen && services.accounts.list().find(({ id }) => id === chosen.accountId)
      if (!chosen || !account) return null
      const choice = { accountId: chosen.accountId, teamId: chosen.team.id }
      return { choice, team: chosen.team, server: new URL(account.server).host }
    },
    queuedFor: (choice) =>
      rows.ids().flatMap((id) => {
        const record = rows.get(id)?.record
        if (!record || record.phase === 'registered') return []
        const { accountId, team, target, phase } = record
        if (teamKey({ accountId, teamId: team.id }) !== teamKey(choice)) return []
        return [{ id, target, failure: phase === 'failed' ? record.failure : null }]
      }),
    folders: {
      get: () => choices.get('known-folders'),
      set: (text) => choices.set('known-folders', text),
    },
    toldFinding: (view) => listeners.forEach((listener) => listener.finding?.(view)),
    toldWorkflow: (view) => listeners.forEach((listener) => listener.workflow?.(view)),
  })
  // Another team, another library.
  listeners.add({ session: () => finding.workflows.changed() })
  return finding
}
