import * as v from 'valibot'
import { isConnectivityFailure, failure, type Failure } from '../contract/failures.ts'
import type { ServerCheck } from '../contract/servers.ts'
import { withoutCredentials, type ProxyResolver } from '../platform/proxy-resolver.ts'
import type { CloudClient } from './client.ts'
import { paths } from './wire.ts'

/** Where the API lies on its host (openapi.yaml, servers): what people leave away. */
const usualPath = '/api/v1'

/**
 * Asks an address who is there, without saying who asks: this API answers 401 in its own form, anything else is none of ours.
 * Sends nothing but the address. An address without the API's path is tried with it as well.
 */
export async function checkServer(
  address: string,
  clientFor: (server: string) => CloudClient,
  proxies: ProxyResolver,
): Promise<ServerCheck> {
  const given = await checkOne(clientFor(address), proxies)
  if (given.failure?.code !== 'not-the-api' || address.endsWith(usualPath)) return given
  const below = await checkOne(clientFor(`${address}${usualPath}`), proxies)
  return below.isApi ? below : given
}

async function checkOne(client: CloudClient, proxies: ProxyResolver): Promise<ServerCheck> {
  const answer = await client.send({ method: 'GET', path: paths.me, answer: v.unknown() })
  const met = answer.ok ? failure('not-the-api') : verdictOn(answer.failure)
  const isOfCertificate = met?.code.startsWith('certificate-') === true
  const isReached = met === null || !(isConnectivityFailure(met) || met.code.startsWith('proxy-'))
  const isSecure = client.server.startsWith('https:')
  const proxy = await proxies.resolve(client.server)
  return {
    address: client.server,
    failure: met,
    isReached,
    isApi: met === null,
    certificate: isOfCertificate ? 'untrusted' : isSecure && isReached ? 'trusted' : 'none',
    clockAheadMs: client.clockAheadMs(),
    proxy: proxy && withoutCredentials(proxy),
  }
}

function verdictOn(met: Failure): Failure | null {
  // The words of a 401 come from `error_message`; a gateway that wants a login of its own has none.
  if (met.code === 'signed-out') return met.detail ? null : failure('not-the-api')
  return met.code === 'not-found' ? failure('not-the-api') : met
}
