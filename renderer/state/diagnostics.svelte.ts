import type { Bridge } from '../../electron/contract/calls.ts'
import type { BundlePiece, ConnectionCheck } from '../../electron/contract/diagnostics.ts'
import type { Failure } from '../../electron/contract/errors.ts'
import { SvelteSet } from 'svelte/reactivity'

/** A look at the connection, and a report that is read before it is saved. */
export class Diagnostics {
  check = $state.raw<ConnectionCheck | null>(null)
  pieces = $state.raw<readonly BundlePiece[]>([])
  /** Names of files tell what somebody works on: they are left out unless asked for. */
  readonly leftOut = new SvelteSet<BundlePiece['name']>(['names'])
  readonly isLooking = $derived.by(() => this.check !== null && !this.check.isOver)
  readonly hasTrouble = $derived.by(
    () => this.check?.results.some(({ outcome }) => outcome === 'bad') ?? false,
  )
  readonly #bridge: Bridge

  constructor(bridge: Bridge) {
    this.#bridge = bridge
  }

  /** Subscribes. The answer unsubscribes. */
  begin(): () => void {
    return this.#bridge.on('connection', (check) => (this.check = check))
  }

  async look(): Promise<void> {
    const answer = await this.#bridge.checkConnection()
    if (answer.ok) this.check = answer.value
  }

  async gather(): Promise<void> {
    const answer = await this.#bridge.supportPieces()
    if (answer.ok) this.pieces = answer.value
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
