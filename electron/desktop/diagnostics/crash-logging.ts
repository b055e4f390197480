import { app } from 'electron'
import process from 'node:process'
import type { Log } from '../../platform/environment.ts'

/** Logs uncaught exceptions. The app keeps running, since the journal is consistent after every write. */
export function logCrashes(log: Log): void {
  process.on('uncaughtException', (error) => log.error('uncaught exception', { error }))
  process.on('unhandledRejection', (reason) => log.error('unhandled rejection', { reason }))
  app.on('child-process-gone', (_event, details) => {
    if (details.reason !== 'clean-exit') log.error('a process of the app ended unexpectedly', { ...details })
  })
}
