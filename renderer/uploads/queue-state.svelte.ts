import { untrack } from 'svelte'
import { SvelteMap } from 'svelte/reactivity'
import type { Bridge } from '../../electron/contract/calls.ts'
import type { Failure } from '../../electron/contract/failures.ts'
import type { TransferSpeed } from '../../electron/contract/upload-details.ts'
import {
  isAllPaused,
  type ConnectivityState,
  type Patch,
  type Phase,
  type Snapshot,
  type Totals,
  type UploadRow,
} from '../../electron/contract/uploads.ts'
import { arrange, standsWhere } from './row-groups.ts'

/** A phase that a row came into while the page watched. */
export interface PhaseChange {
  readonly phase: Phase
  readonly atMs: number
}

const nothing: Totals = {
  running: 0,
  waiting: 0,
  needsYou: 0,
  paused: 0,
  registeredToday: 0,
  totalBytes: 0,
  movedBytes: 0,
  bytesPerSecond: null,
  secondsLeft: null,
}

const still: TransferSpeed = { speed: { stepMs: 1_000, points: [] }, streamsInUse: 0, streamsLimit: 0 }

/** Who wants to hear of changes as they come, besides those who read the state. */
interface Listeners {
  readonly row: (before: UploadRow | undefined, after: UploadRow) => void
  /** `isNews` is false for what was so already when the page began. */
  readonly totals: (totals: Totals, isNews: boolean) => void
}
const nobody: Listeners = { row: () => {}, totals: () => {} }

/** The queue as main last told it: one snapshot, then numbered patches. It mirrors; it decides nothing. */
export class QueueState {
  readonly rows = new SvelteMap<string, UploadRow>()
  totals = $state.raw<Totals>(nothing)
  flow = $state.raw<TransferSpeed>(still)
  allPaused = $state(false)
  readonly isAllPaused = $derived(isAllPaused(this))
  line = $state<ConnectivityState>('ok')
  /** Name of the file to which a damaged queue was set aside, until the person has read it. */
  journalSetAside = $state<string | null>(null)
  /** True once a snapshot has come. */
  isKnown = $state(false)
  /** Why the snapshot couldn't be had, or null. */
  trouble = $state.raw<Failure | null>(null)
  search = $state('')

  /** Grows when a row comes, goes or moves. A row that only makes progress doesn't have the list sorted again. */
  #moves = $state(0)
  readonly groups = $derived.by(() => {
    void this.#moves
    const search = this.search.trim()
    return untrack(() => arrange(this.rows.values(), search))
  })
  /** Every shown row in the order of the screen. */
  readonly ids = $derived(this.groups.flatMap(({ ids }) => ids))

  readonly #bridge: Bridge
  readonly #listeners: Listeners
  readonly #phases = new Map<string, PhaseChange[]>()
  #sequence = -1
  #asking = false
  #early: Patch[] = []

  constructor(bridge: Bridge, listeners: Listeners = nobody) {
    this.#bridge = bridge
    this.#listeners = listeners
  }

  /** Subscribes first and asks then, so that nothing falls between. The answer unsubscribes. */
  begin(): () => void {
    const stops = [
      this.#bridge.on('patch', (patch) => this.#receive(patch)),
      this.#bridge.on('flow', (flow) => (this.flow = flow)),
    ]
    void this.ask()
    return () => stops.forEach((stop) => stop())
  }

  /** Phases of one row that were seen since the page began, oldest first. */
  phasesOf(id: string): readonly PhaseChange[] {
    return this.#phases.get(id) ?? []
  }

  async ask(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    const answer = await this.#bridge.snapshot()
    this.#asking = false
    if (!answer.ok) {
      this.trouble = answer.failure
      return
    }
    this.trouble = null
    this.#load(answer.value)
    const early = this.#early
    this.#early = []
    for (const patch of early) this.#receive(patch)
  }

  #receive(patch: Patch): void {
    if (this.#asking || !this.isKnown) {
      this.#early.push(patch)
      return
    }
    if (patch.sequence <= this.#sequence) return
    if (patch.sequence > this.#sequence + 1) {
      this.#early.push(patch)
      void this.ask()
      return
    }
    this.#apply(patch)
  }

  #load({ rows, flow, journalSetAside, ...rest }: Snapshot): void {
    const kept = new Set(rows.map(({ id }) => id))
    const gone = [...this.rows.keys()].filter((id) => !kept.has(id))
    this.#sequence = rest.sequence - 1
    this.#apply({ ...rest, changed: rows, removed: gone })
    this.flow = flow
    if (!this.isKnown) this.journalSetAside = journalSetAside
    this.isKnown = true
  }

  #apply({ sequence, changed, removed, totals, allPaused, line }: Patch): void {
    let moved = removed.length > 0
    for (const row of changed) {
      const before = untrack(() => this.rows.get(row.id))
      if (!before || standsWhere(before) !== standsWhere(row)) moved = true
      if (before?.phase !== row.phase) this.#remember(row, before === undefined)
      this.rows.set(row.id, row)
      if (this.isKnown) this.#listeners.row(before, row)
    }
    for (const id of removed) {
      this.rows.delete(id)
      this.#phases.delete(id)
    }
    this.totals = totals
    this.#listeners.totals(totals, this.isKnown)
    this.allPaused = allPaused
    this.line = line
    this.#sequence = sequence
    if (moved) this.#moves += 1
  }

  #remember({ id, phase }: UploadRow, isFirst: boolean): void {
    // When a row is first seen its phase is old news: only what changes under our eyes has a time.
    if (isFirst) return
    const seen = this.#phases.get(id)
    const change = { phase, atMs: Date.now() }
    if (seen) seen.push(change)
    else this.#phases.set(id, [change])
  }
}
