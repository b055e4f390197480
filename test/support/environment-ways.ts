import process from 'node:process'
import { createProxies } from '../../electron/accounts/proxies.ts'
import { writeProxyLogin } from '../../electron/accounts/secrets.ts'
import { findProxiesOfEnvironment } from '../../electron/command-line/proxy.ts'
import type { Ports } from '../../electron/contract/ports.ts'
import type { Ways } from '../../electron/contract/ways.ts'
import { memoryVault } from './memory-vault.ts'

/** The ways that this process's environment names, with the proxy's login that STORED_LOGIN (`proxy name password`) holds. */
export async function waysOfEnvironment(ports: Ports): Promise<Ways> {
  const vault = memoryVault()
  const [proxy, name = '', password = ''] = process.env['STORED_LOGIN']?.split(' ') ?? []
  if (proxy) await writeProxyLogin(vault, proxy, { name, password })
  return createProxies({
    ports: { ...ports, findProxies: findProxiesOfEnvironment },
    ...{ vault, changed() {} },
  })
}
