import * as v from 'valibot'
import type { SessionView } from '../account.ts'
import { serverAddress, type ServerCheck } from '../servers.ts'
import type { Settings } from '../settings.ts'
import { call, text, nothing, id, teamChoice } from './call.ts'

export const accountCalls = {
  session: call<SessionView>()('engine', nothing),
  signIn: call<SessionView>()('engine', v.strictObject({ email: text(320), password: text(1_000) })),
  signInWithKey: call<SessionView>()('engine', v.strictObject({ key: text(10_000) })),
  /** Starts pairing in the browser; its progress is in `SessionView.pairing`. */
  startPairing: call<SessionView>()('engine', nothing),
  cancelPairing: call<SessionView>()('engine', nothing),
  /**
   * Signs out and encrypts what belongs to the account. `seal-unavailable` without a keychain, and nothing
   * has changed: then `data` says whether it is `kept` readable or `removed`. If its uploads can't be removed
   * (like `cancel`), the account stays signed in. `seal-pending`: signed out, but not everything could be
   * encrypted yet.
   */
  signOut: call<SessionView>()(
    'engine',
    v.strictObject({ accountId: id, data: v.exactOptional(v.picklist(['kept', 'removed'])) }),
  ),
  /** Deletes what was encrypted at sign-outs and can't be decrypted (`SessionView.sealed`). */
  discardSealed: call<SessionView>()('engine', nothing),
  chooseTeam: call<SessionView>()('engine', teamChoice),
  /** Requests the teams of all accounts from their servers, at most once a minute; changes follow as an event. */
  refreshTeams: call<void>()('engine', nothing),
}

export const serverCalls = {
  /**
   * Checks whether a known server answers and serves this API. Returns no text of the response, and only
   * some checks per minute (`rate-limited`).
   */
  checkServer: call<ServerCheck>()('desktop', v.strictObject({ address: serverAddress })),
  /**
   * Checks an address like `checkServer`, and uses it for new sign-ins only if the check succeeds. A native
   * dialog asks before the first request to it; null when it was not confirmed.
   */
  addServer: call<ServerCheck | null>()('desktop', v.strictObject({ address: serverAddress })),
  /** Removes a server without signed-in accounts and unfinished uploads (else `server-in-use`). */
  removeServer: call<Settings>()('desktop', v.strictObject({ address: serverAddress })),
  /**
   * Signs in to the proxy (`http://host:port`) that asks for a login (else `bad-call`), and retries the
   * uploads that waited for it.
   */
  signInToProxy: call<SessionView>()(
    'engine',
    v.strictObject({ proxy: v.pipe(text(2_000), v.url()), name: text(1_000), password: text(1_000) }),
  ),
  /** Dismisses the proxy's question. */
  leaveProxy: call<SessionView>()('engine', nothing),
}
