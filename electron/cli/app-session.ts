import type { SessionView } from '../contract/account.ts'
import { success, type Result } from '../contract/failures.ts'
import { isKnownServer } from '../contract/servers.ts'
import type { HostConnection } from '../host/connect-host.ts'
import type { CliEnvironment } from './cli-environment.ts'

/** The app's sign-ins; with MODELFERRY_SERVER only those to that server. */
export async function readAppSession(
  { calls }: Pick<HostConnection, 'calls'>,
  servers: Pick<CliEnvironment, 'server' | 'servers'>,
): Promise<Result<SessionView>> {
  const session = await calls.session(undefined)
  if (!session.ok) return session
  const accounts = session.value.accounts.filter(({ server }) => isKnownServer(servers, server))
  const { chosen } = session.value
  const isChoiceKnown = accounts.some(({ id }) => id === chosen?.accountId)
  return success({ ...session.value, accounts, chosen: isChoiceKnown ? chosen : null })
}

export const isSignedIn = ({ accounts }: SessionView) => accounts.some(({ state }) => state === 'ready')
