import type { Bridge } from '../../electron/contract/calls.ts'
import type { BundlePiece, ConnectionCheck } from '../../electron/contract/diagnostics.ts'
import type { Failure } from '../../electron/contract/failures.ts'
import type { SessionView } from '../../electron/contract/account.ts'
import {
  storageTestBytes,
  storageTestHindrance,
  type StorageTest,
} from '../../electron/contract/storage-test.ts'
import { storageTestText } from '../../electron/messages/storage-test-text.ts'
import { SvelteSet } from 'svelte/reactivity'

/** A look at the connection, and a report that is read before it is saved. */
export class DiagnosticsState {
  check = $state.raw<ConnectionCheck | null>(null)
  storage = $state.raw<StorageTest | null>(null)
  /** The person is asked whether 8 MiB may go. */
  isConfirming = $state(false)
  pieces = $state.raw<readonly BundlePiece[]>([])
  /** Names of files tell what somebody works on: they are left out unless asked for. */
  readonly leftOut = new SvelteSet<BundlePiece['name']>(['names'])
  readonly isLooking = $derived.by(() => this.check !== null && !this.check.isOver)
  readonly hasTrouble = $derived.by(
    () => this.check?.results.some(({ outcome }) => outcome === 'bad') ?? false,
  )
  readonly storageBytes = storageTestBytes
  readonly storageWords = storageTestText
  readonly #bridge: Bridge

  readonly #failed: (failure: Failure) => void

  /** `failed` hears of what was asked for and could not be done. */
  constructor(bridge: Bridge, failed: (failure: Failure) => void) {
    this.#bridge = bridge
    this.#failed = failed
  }

  /** Subscribes. The answer unsubscribes. */
  start(): () => void {
    const stops = [
      this.#bridge.on('connection', (check) => (this.check = check)),
      this.#bridge.on('storageTest', (test) => (this.storage = test)),
    ]
    return () => stops.forEach((stop) => stop())
  }

  /** Only after the person's yes. */
  async testStorage(): Promise<void> {
    this.isConfirming = false
    const answer = await this.#bridge.testStorage()
    if (answer.ok) this.storage = answer.value
    else this.storage = { state: 'bad', sentBytes: 0, tookMs: 0, failure: answer.failure, isLeft: false }
  }

  /** Why storage can't be tested, or null. */
  readonly hindranceOf = (view: SessionView | null) => (view ? storageTestHindrance(view) : 'sign-in')

  readonly stopStorageTest = async () => {
    const answer = await this.#bridge.cancelStorageTest()
    if (!answer.ok) this.#failed(answer.failure)
  }

  async look(): Promise<void> {
    const answer = await this.#bridge.checkConnection()
    if (answer.ok) this.check = answer.value
    else this.#failed(answer.failure)
  }

  async gather(): Promise<void> {
    const answer = await this.#bridge.supportPieces()
    if (answer.ok) this.pieces = answer.value
    else this.#failed(answer.failure)
  }

  toggle(name: BundlePiece['name']): void {
    if (!this.leftOut.delete(name)) this.leftOut.add(name)
  }

  /** True when it was saved, false when the person changed their mind, or why it could not be. */
  async save(): Promise<boolean | Failure> {
    const names = this.pieces.map(({ name }) => name).filter((name) => !this.leftOut.has(name))
    const answer = await this.#bridge.saveSupportBundle({ pieces: names })
    return answer.ok ? answer.value : answer.failure
  }
}
