import * as v from 'valibot'
import type { SessionView } from './account.ts'
import { call, id, nothing, teamChoice, type CallTable } from './call.ts'

/** Who is signed in, where, and for which team. */
export const accountCalls = {
  session: call<SessionView>()('engine', nothing),
  signIn: call<SessionView>()(
    'engine',
    v.strictObject({
      email: v.pipe(v.string(), v.maxLength(320)),
      password: v.pipe(v.string(), v.maxLength(1_000)),
    }),
  ),
  signInWithKey: call<SessionView>()(
    'engine',
    v.strictObject({ key: v.pipe(v.string(), v.maxLength(10_000)) }),
  ),
  /** Begins a pairing in the browser; how it goes on is in `SessionView.pairing`. */
  startPairing: call<SessionView>()('engine', nothing),
  cancelPairing: call<SessionView>()('engine', nothing),
  signOut: call<SessionView>()('engine', v.strictObject({ accountId: id })),
  chooseTeam: call<SessionView>()('engine', teamChoice),
} satisfies CallTable
