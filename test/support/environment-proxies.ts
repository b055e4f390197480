import process from 'node:process'
import { createProxyLogins } from '../../electron/accounts/proxy-logins.ts'
import { writeProxyLogin } from '../../electron/accounts/secrets.ts'
import { proxiesNamedFor } from '../../electron/cli/proxy.ts'
import type { Environment } from '../../electron/platform/environment.ts'
import type { ProxyResolver } from '../../electron/platform/proxy-resolver.ts'
import { memoryVault } from './memory-vault.ts'

/**
 * The ways that this process's environment names, with the proxy's login that STORED_LOGIN (`proxy name password`) holds. The
 * servers of tests are on this computer, so what is passed over for them in the app is not here.
 */
export async function waysOfEnvironment(environment: Environment): Promise<ProxyResolver> {
  const vault = memoryVault()
  const [proxy, name = '', password = ''] = process.env['STORED_LOGIN']?.split(' ') ?? []
  if (proxy) await writeProxyLogin(vault, proxy, { name, password })
  return createProxyLogins({
    environment: { ...environment, findProxies: proxiesNamedFor },
    ...{ vault, changed() {} },
  })
}
