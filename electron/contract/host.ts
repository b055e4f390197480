import type { CallHandlers, CallName } from './calls.ts'
import type { Patch } from './uploads.ts'

/**
 * The number of the protocol between the process that hosts the uploads of a data folder and the commands that steer
 * them (see `host/`). Both sides must have the same: it is raised with every change of a call or event named here.
 */
export const hostProtocol = 1

/**
 * The calls that a command may make. They are those of the page without what only a window needs. A command runs with
 * the rights of the user, who has typed it: where the page is asked in a native dialog, it asks on the terminal.
 */
export const commandCallNames = [
  'snapshot',
  'settings',
  'changeSettings',
  'pause',
  'pauseAll',
  'resume',
  'resumeAll',
  'retry',
  'cancel',
  'moveToTop',
  'moveUploads',
] as const satisfies readonly CallName[]

export type CommandCallName = (typeof commandCallNames)[number]

export type CommandHandlers = Pick<CallHandlers, CommandCallName>

/** What the host tells a command that follows the queue. */
export interface HostEvents {
  readonly patch: Patch
  /** Patches were left out: the snapshot is to be loaded again. */
  readonly resync: undefined
}
