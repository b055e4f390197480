import type { SessionView } from '../contract/account.ts'
import { isKnownServer } from '../contract/servers.ts'
import type { HostConnection } from '../host/connect-host.ts'
import type { CliEnvironment } from './cli-environment.ts'
import { exitCodes } from './exit-codes.ts'
import { describeFailure, reportNotSignedIn } from './output/output.ts'
import type { TextStream } from './output/text-stream.ts'

/**
 * The app's sign-ins, with MODELFERRY_SERVER only those to that server. If there is none, or they can't be read, reports
 * that and returns the exit code.
 */
export async function readAppSession(
  { calls }: Pick<HostConnection, 'calls'>,
  servers: Pick<CliEnvironment, 'server' | 'servers'>,
  err: TextStream,
): Promise<SessionView | number> {
  const session = await calls.session(undefined)
  if (!session.ok) {
    err.line(describeFailure(session.failure))
    return exitCodes.someFailed
  }
  const accounts = session.value.accounts.filter(({ server }) => isKnownServer(servers, server))
  if (!accounts.some(({ state }) => state === 'ready')) return reportNotSignedIn(err)
  const { chosen } = session.value
  const isChoiceKnown = accounts.some(({ id }) => id === chosen?.accountId)
  return { ...session.value, accounts, chosen: isChoiceKnown ? chosen : null }
}
