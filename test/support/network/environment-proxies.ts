import process from 'node:process'
import { createProxyLogins } from '../../../electron/accounts/proxy-logins.ts'
import { writeProxyLogin } from '../../../electron/accounts/secrets.ts'
import { proxiesNamedFor } from '../../../electron/cli/proxy.ts'
import type { Environment } from '../../../electron/platform/environment.ts'
import type { ProxyResolver } from '../../../electron/platform/network/proxy-resolver.ts'
import { createMemorySecretStore } from '../memory-secret-store.ts'

/**
 * The proxies of this process's environment variables, with the login in STORED_LOGIN (`proxy name
 * password`). Unlike the app, it does not bypass them for local servers, because the test servers are local.
 */
export async function createEnvironmentProxies(environment: Environment): Promise<ProxyResolver> {
  const secretStore = createMemorySecretStore()
  const [proxy, name = '', password = ''] = process.env['STORED_LOGIN']?.split(' ') ?? []
  if (proxy) await writeProxyLogin(secretStore, proxy, { name, password })
  return createProxyLogins({
    environment: { ...environment, findProxies: proxiesNamedFor },
    secretStore,
    onChange() {},
  })
}
