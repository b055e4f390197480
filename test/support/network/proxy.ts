import { onTestFinished } from 'vitest'
import { startProxy, startSocks, type ProxyManners, type TestProxy } from './proxy-server.ts'

/** A real proxy that is closed at the end of the test. */
export async function openProxy(manners: Partial<ProxyManners> = {}): Promise<TestProxy> {
  const proxy = await startProxy(manners)
  onTestFinished(proxy.close)
  return proxy
}

/** A real SOCKS 5 server that is closed at the end of the test. */
export async function openSocks(
  login: string | null = null,
): Promise<{ readonly port: number; readonly passed: readonly string[] }> {
  const socks = await startSocks(login)
  onTestFinished(socks.close)
  return socks
}
