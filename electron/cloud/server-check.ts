import * as v from 'valibot'
import { isConnectivityFailure, failure, type Failure } from '../contract/failures.ts'
import type { ServerCheck } from '../contract/servers.ts'
import { withoutCredentials, type ProxyResolver } from '../platform/network/proxy-resolver.ts'
import type { CloudClient } from './client.ts'
import { paths } from './wire.ts'

/** The path of the API on its host (docs.cyberun.cloud/api-reference/introduction), which users often omit. */
const usualPath = '/api/v1'

/**
 * Checks without a credential whether this API is at an address: it answers 401 in its own format. An address
 * without the API's path is also tried with it.
 */
export async function checkServer(
  address: string,
  clientFor: (server: string) => CloudClient,
  proxies: ProxyResolver,
): Promise<ServerCheck> {
  const check = await checkOne(clientFor(address), proxies)
  if (check.failure?.code !== 'not-the-api' || address.endsWith(usualPath)) return check
  const checkWithPath = await checkOne(clientFor(`${address}${usualPath}`), proxies)
  return checkWithPath.isApi ? checkWithPath : check
}

async function checkOne(client: CloudClient, proxies: ProxyResolver): Promise<ServerCheck> {
  const answer = await client.send({ method: 'GET', path: paths.me, responseSchema: v.unknown() })
  const reason = answer.ok ? failure('not-the-api') : apiFailure(answer.failure)
  const isReached = reason === null || !(isConnectivityFailure(reason) || reason.code.startsWith('proxy-'))
  const proxy = await proxies.resolve(client.server)
  return {
    address: client.server,
    failure: reason,
    isReached,
    isApi: reason === null,
    certificate: certificateState(client.server, isReached, reason),
    clockAheadMs: client.clockAheadMs(),
    proxy: proxy && withoutCredentials(proxy),
  }
}

function certificateState(
  server: string,
  isReached: boolean,
  reason: Failure | null,
): ServerCheck['certificate'] {
  if (reason?.code.startsWith('certificate-')) return 'untrusted'
  return server.startsWith('https:') && isReached ? 'trusted' : 'none'
}

/** Why the address is not this API, from the failure of a request without a credential; null when it is. */
function apiFailure(reason: Failure): Failure | null {
  if (reason.code === 'signed-out') return null
  const isOther = reason.code === 'not-found' || reason.code === 'response-too-long'
  return isOther ? failure('not-the-api') : reason
}
