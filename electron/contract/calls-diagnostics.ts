import * as v from 'valibot'
import { call, nothing, type CallTable } from './call.ts'
import type { BundlePiece, ConnectionCheck } from './diagnostics.ts'

/** What helps when something goes wrong. */
export const diagnosticsCalls = {
  /** Looks at the way to the server; each step is told by the event `connection` as well. */
  checkConnection: call<ConnectionCheck>()('desktop', nothing),
  /** What would be in a report, piece by piece, to be read before anything is written. Secrets are out of it. */
  supportPieces: call<readonly BundlePiece[]>()('desktop', nothing),
  /** Asks where to, and writes the named pieces there; false when the person changed their mind. */
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
