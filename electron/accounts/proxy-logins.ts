import type { ProxyLoginRequest } from '../contract/account.ts'
import type { Result } from '../contract/failures.ts'
import type { Environment, SecretStore } from '../platform/environment.ts'
import {
  withoutCredentials,
  proxyCodes,
  type ProxyLogin,
  type ProxyResolver,
} from '../platform/proxy-resolver.ts'
import { readProxyLogin, writeProxyLogin } from './secrets.ts'

/** The proxies of this computer and who signs in to them. */
export interface ProxyLogins extends ProxyResolver {
  /** The proxy that wants a login and has none that is good; null when none does. */
  question(): ProxyLoginRequest | null
  /** Whether a login was given since the last question: what was refused before it may be tried again. */
  isOpened(): boolean
  /** Takes a login, for the keychain; requests use it from now on, good or not. */
  signIn(proxy: string, login: ProxyLogin): Promise<Result<void>>
  /** Lets a proxy's question go until it is asked anew. */
  leave(): void
}

/** A proxy that does not answer is passed over for so long where there is another way, as Chromium does it. */
const passOverMs = 5 * 60_000

/**
 * Which way requests go. A login is looked for in the keychain only once a proxy has asked for one, so that nobody is asked
 * to unlock it for nothing. `changed` is called when a proxy begins to want a login and when it has got one.
 */
export function createProxyLogins(options: {
  readonly environment: Environment
  readonly vault: SecretStore
  readonly changed: () => void
}): ProxyLogins {
  const { environment, vault, changed } = options
  const logins = new Map<string, ProxyLogin>()
  const passedOver = new Map<string, number>()
  const looking = new Map<string, Promise<boolean>>()
  let wanting: ProxyLoginRequest | null = null
  let isOpened = false

  function want(question: ProxyLoginRequest | null): void {
    if (wanting?.proxy === question?.proxy && wanting?.wasRefused === question?.wasRefused) return
    wanting = question
    changed()
  }

  async function to(url: string): Promise<string | null> {
    const found = environment.findProxies
      ? await environment.findProxies(url).catch(() => ['direct'])
      : ['direct']
    const isOpen = (proxy: string) => (passedOver.get(withoutCredentials(proxy)) ?? 0) <= environment.now()
    const way = found.find(isOpen) ?? found[0] ?? 'direct'
    return way === 'direct' ? null : withLogin(way, logins.get(withoutCredentials(way)))
  }

  /** A proxy has refused what `tried` carried. Whether the keychain, or somebody meanwhile, has had another login for it. */
  async function findLogin(proxy: string, tried: string): Promise<boolean> {
    const isOther = (login: ProxyLogin | null | undefined) => login && withLogin(proxy, login) !== tried
    if (isOther(logins.get(proxy))) return true
    const kept = await readProxyLogin(vault, proxy)
    if (!kept.ok)
      environment.log.warn('the keychain did not tell a proxy’s login', { code: kept.failure.code })
    const login = kept.ok ? kept.value : null
    if (!login || !isOther(login)) return false
    logins.set(proxy, login)
    return true
  }

  /** Many requests are refused at the same moment; the keychain is asked once. */
  async function findLoginTogether(proxy: string, tried: string): Promise<boolean> {
    const known = looking.get(proxy)
    if (known) return known
    const look = findLogin(proxy, tried).finally(() => looking.delete(proxy))
    looking.set(proxy, look)
    return look
  }

  return {
    resolve: to,
    async reportFailure(way, code) {
      const proxy = withoutCredentials(way)
      if (code === proxyCodes.signIn) {
        if (await findLoginTogether(proxy, way)) return true
        environment.log.warn('a proxy wants a login', { proxy })
        isOpened = false
        want({ proxy, wasRefused: logins.has(proxy) })
        return false
      }
      if (code !== proxyCodes.unreachable) return false
      const isNew = (passedOver.get(proxy) ?? 0) <= environment.now()
      passedOver.set(proxy, environment.now() + passOverMs)
      return isNew
    },
    question: () => wanting,
    isOpened: () => isOpened,
    async signIn(proxy, login) {
      logins.set(proxy, login)
      const kept = await writeProxyLogin(vault, proxy, login)
      isOpened = true
      if (wanting?.proxy === proxy) want(null)
      return kept
    },
    leave() {
      isOpened = false
      want(null)
    },
  }
}

/** The proxy's URL as it is used. A login that the person was asked for goes before one in the settings. */
function withLogin(proxy: string, login: ProxyLogin | undefined): string {
  const url = new URL(proxy)
  if (login) {
    url.username = encodeURIComponent(login.name)
    url.password = encodeURIComponent(login.password)
  }
  return url.href.replace(/\/$/, '')
}
