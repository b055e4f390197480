import * as v from 'valibot'
import type { SessionView } from './account.ts'
import { call, nothing, type CallTable } from './call.ts'
import type { ServerCheck } from './server-check.ts'
import { serverAddress, type Settings } from './settings.ts'

/** `http://host:port`, as the question named it. */
const proxyAddress = v.pipe(v.string(), v.maxLength(2_000), v.url())
const loginText = v.pipe(v.string(), v.maxLength(1_000))

/** Which servers are known, and how they are reached. */
export const serverCalls = {
  /** Whether a server answers, and as this API: the one at the address, or for null the one that new sign-ins go to. */
  checkServer: call<ServerCheck>()('engine', v.strictObject({ address: v.nullable(serverAddress) })),
  /** Asks an address as `checkServer` does, and keeps it for new sign-ins only when it is good. */
  addServer: call<ServerCheck>()('desktop', v.strictObject({ address: serverAddress })),
  /** Forgets a server that nobody is signed in to and nothing waits for (`server-in-use`). */
  removeServer: call<Settings>()('desktop', v.strictObject({ address: serverAddress })),
  /** Signs in to the proxy that wants it; uploads that it kept waiting go on. */
  signInToProxy: call<SessionView>()(
    'engine',
    v.strictObject({ proxy: proxyAddress, name: loginText, password: loginText }),
  ),
  /** Lets the proxy's question go. */
  leaveProxy: call<SessionView>()('engine', nothing),
} satisfies CallTable
