import type { CallHandlers, CallNameOf } from './contract/calls.ts'
import type { Patch, SessionView, Settings, Snapshot } from './contract/model.ts'
import type { Ports, Vault } from './contract/ports.ts'
import type { AddReport } from './contract/model.ts'
import type { Result } from './contract/errors.ts'

/** The settings that change what the engine does. */
export type EngineSettings = Pick<Settings, 'server' | 'atOnce' | 'singlePutLimitBytes'>

export interface UploaderOptions {
  /** Folder of the journal; made when missing. */
  readonly folder: string
  readonly ports: Ports
  readonly vault: Vault
  readonly settings: EngineSettings
  /** Where the worker threads' entry files are, since built and unbuilt code keep them in different places. */
  readonly workers: { readonly lane: URL; readonly hash: URL; readonly inspect: URL }
}

/** What the uploader announces. Each listener is called after the fact; none may throw. */
export interface UploaderListener {
  patch?(patch: Patch): void
  session?(session: SessionView): void
}

/** The one object that the desktop and the command line both drive. */
export interface Uploader {
  /** One function for each call of the contract that the engine answers. */
  readonly calls: Pick<CallHandlers, CallNameOf<'engine'>>
  snapshot(): Snapshot
  session(): SessionView
  /** Recognises, writes down and queues files and folders for a team (the chosen one unless named). */
  addPaths(paths: readonly string[]): Promise<Result<AddReport>>
  /** Path on this computer of a row's file, in the queue or in history; null when the row is not known. */
  fileOf(id: string): string | null
  applySettings(settings: EngineSettings): void
  /** Answers the unsubscribe. */
  subscribe(listener: UploaderListener): () => void
  /** Restores the queue and signs in with the stored secret; rows that were running start again. */
  start(): Promise<void>
  /** Stops what runs (keeping remote state), flushes the journal, ends the workers. Nothing is lost. */
  stop(): Promise<void>
}
