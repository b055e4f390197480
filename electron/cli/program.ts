import type { Computer } from '../discovery/places/known-places.ts'
import type { Log } from '../platform/environment.ts'
import type { Keychain } from '../platform/keychain.ts'
import type { FindProxies } from '../platform/network/proxy-resolver.ts'
import type { workerFiles } from './cli-environment.ts'
import type { Interruption, SignalSource } from './interruption.ts'
import type { Streams } from './output/output.ts'

/** What a command gets from the process that it runs in, and how it ends that process. */
export interface Program {
  /** The environment variables. */
  readonly environment: NodeJS.ProcessEnv
  readonly streams: Streams
  readonly signals: SignalSource
  /** Entry files of the worker threads. */
  readonly workers: ReturnType<typeof workerFiles>
  readonly findProxies: FindProxies
  /** Where models are searched. */
  readonly computer: Computer
  createKeychain(log: Log): Keychain
  /** Ends the process at once, as the signal that has this exit code does. */
  endBySignal(exitCode: number): void
  /**
   * Ends an interrupted command, whose work may still keep the process alive, with `exitCode`, or as its signal does
   * if file calls don't return.
   */
  endInterrupted(
    exitCode: number,
    interruption: Pick<Interruption, 'exitCode'>,
    keychain: Keychain,
  ): Promise<void>
  /** Ends a command with a stuck call to the keychain, which would keep the process alive. */
  endStuck(exitCode: number, keychain: Keychain): void
}
