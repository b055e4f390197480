import * as v from 'valibot'
import { call, nothing, type CallTable } from './call.ts'
import type { BundlePiece, ConnectionCheck } from './diagnostics.ts'
import type { StorageTest } from './storage-test.ts'

/** What helps when something goes wrong. */
export const diagnosticsCalls = {
  /** Looks at the way to the server; each step is told by the event `connection` as well. */
  checkConnection: call<ConnectionCheck>()('desktop', nothing),
  /**
   * Sends 8 MiB to the chosen team's storage and takes them back; how it goes is told by the event `storageTest`. Only after
   * the person has said yes.
   */
  testStorage: call<StorageTest>()('desktop', nothing),
  /** Calls it off; what was sent is taken back all the same. */
  cancelStorageTest: call<void>()('desktop', nothing),
  /** What would be in a report, piece by piece, to be read before anything is written. Secrets are out of it. */
  supportPieces: call<readonly BundlePiece[]>()('desktop', nothing),
  /** Asks where to, and writes the named pieces there as they were last read; false when the person changed their mind. */
  saveSupportBundle: call<boolean>()(
    'desktop',
    v.strictObject({
      pieces: v.pipe(
        v.array(v.picklist(['versions', 'settings', 'queue', 'names', 'connection', 'log'])),
        v.maxLength(6),
      ),
    }),
  ),
} satisfies CallTable
