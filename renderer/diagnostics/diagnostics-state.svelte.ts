import type { Bridge } from '../../electron/contract/calls.ts'
import type { ReportSection, ConnectionCheck } from '../../electron/contract/diagnostics.ts'
import type { SessionView } from '../../electron/contract/account.ts'
import {
  storageTestBytes,
  storageTestBlocker,
  type StorageTest,
} from '../../electron/contract/storage-test.ts'
import { storageTestText } from '../../electron/messages/storage-test-text.ts'
import { SvelteSet } from 'svelte/reactivity'

/** Connection check, storage test and the contents of the support report. */
export class DiagnosticsState {
  check = $state.raw<ConnectionCheck | null>(null)
  storage = $state.raw<StorageTest | null>(null)
  /** The user is being asked for permission to send the test file of 8 MB. */
  isConfirming = $state(false)
  parts = $state.raw<readonly ReportSection[]>([])
  /** Parts left out of the report. File names are private, so they are left out by default. */
  readonly excludedParts = new SvelteSet<ReportSection['name']>(['names'])
  readonly isChecking = $derived.by(() => this.check !== null && !this.check.isOver)
  readonly hasFailedStep = $derived.by(
    () => this.check?.results.some(({ outcome }) => outcome === 'bad') ?? false,
  )
  readonly storageBytes = storageTestBytes
  readonly storageTestText = storageTestText
  readonly #bridge: Bridge

  constructor(bridge: Bridge) {
    this.#bridge = bridge
  }

  /** Subscribes. Returns a function that unsubscribes. */
  start(): () => void {
    const stops = [
      this.#bridge.on('connection', (check) => (this.check = check)),
      this.#bridge.on('storageTest', (test) => (this.storage = test)),
    ]
    return () => stops.forEach((stop) => stop())
  }

  /** Runs the storage test, after the user has confirmed it. */
  async testStorage(): Promise<void> {
    this.isConfirming = false
    const result = await this.#bridge.testStorage()
    if (result.ok) this.storage = result.value
    else this.storage = { state: 'bad', sentBytes: 0, tookMs: 0, failure: result.failure, isLeft: false }
  }

  /** Why the storage test is not available, or null. */
  readonly storageTestObstacle = (view: SessionView | null) => (view ? storageTestBlocker(view) : 'sign-in')

  async checkConnection(): Promise<void> {
    const result = await this.#bridge.checkConnection()
    if (result.ok) this.check = result.value
  }

  async loadReportParts(): Promise<void> {
    const result = await this.#bridge.supportPieces()
    if (result.ok) this.parts = result.value
  }

  toggle(name: ReportSection['name']): void {
    if (!this.excludedParts.delete(name)) this.excludedParts.add(name)
  }

  /** Returns whether it was saved. */
  async saveReport(): Promise<boolean> {
    const pieces = this.parts.map(({ name }) => name).filter((name) => !this.excludedParts.has(name))
    const result = await this.#bridge.saveSupportBundle({ pieces })
    return result.ok && result.value
  }
}
