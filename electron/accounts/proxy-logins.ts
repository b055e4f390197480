import type { ProxyLoginRequest } from '../contract/account.ts'
import { failed, failure, type Result } from '../contract/failures.ts'
import type { Environment, SecretStore } from '../platform/environment.ts'
import {
  withoutCredentials,
  proxyCodes,
  type ProxyLogin,
  type ProxyResolver,
} from '../platform/network/proxy-resolver.ts'
import { readProxyLogin, writeProxyLogin } from './secrets.ts'

/** The proxies of this computer, with their logins. */
export interface ProxyLogins extends ProxyResolver {
  /** The proxy that requires a login and has no valid one; null when there is none. */
  pendingQuestion(): ProxyLoginRequest | null
  /** Whether a login was entered since the last refusal, so that failed requests may be tried again. */
  hasNewLogin(): boolean
  /**
   * Stores a login for the proxy of the pending question; `bad-call` for another proxy, whose login a script
   * in the page could overwrite. Requests use the login from now on, even if it is wrong or can't be stored.
   */
  signIn(proxy: string, login: ProxyLogin): Promise<Result<void>>
  /** Hides the question until a proxy refuses a request again. */
  dismissQuestion(): void
  /** Stops skipping unreachable proxies: the network has changed. */
  stopSkipping(): void
}

/**
 * An unreachable proxy is skipped for this long if there is an alternative, or until the network changes, as
 * in Chromium.
 */
const skipMs = 5 * 60_000

/**
 * Selects the proxy of each request. A login is read from the keychain only once a proxy has required one, so
 * that the user is not asked to unlock the keychain without need. `onChange` is called when `pendingQuestion`
 * changes.
 */
export function createProxyLogins(options: {
  readonly environment: Environment
  readonly secretStore: SecretStore
  readonly onChange: () => void
}): ProxyLogins {
  const { environment, secretStore, onChange } = options
  const logins = new Map<string, ProxyLogin>()
  const skippedSinceMs = new Map<string, number>()
  const lookups = new Map<string, Promise<boolean>>()
  let pendingQuestion: ProxyLoginRequest | null = null
  let hasNewLogin = false

  function setQuestion(question: ProxyLoginRequest | null): void {
    const isSame =
      pendingQuestion?.proxy === question?.proxy && pendingQuestion?.wasRefused === question?.wasRefused
    if (isSame) return
    pendingQuestion = question
    onChange()
  }

  const isSkipped = (proxy: string) =>
    environment.monotonicMs() - (skippedSinceMs.get(proxy) ?? -Infinity) < skipMs

  /** The proxies for a URL, and the first of them that isn't skipped. */
  async function findProxies(url: string) {
    const found = environment.findProxies
      ? await environment.findProxies(url).catch(() => ['direct'])
      : ['direct']
    return { found, available: found.find((each) => !isSkipped(withoutCredentials(each))) }
  }

  async function resolve(url: string): Promise<string | null> {
    const { found, available } = await findProxies(url)
    const proxy = available ?? found[0] ?? 'direct'
    return proxy === 'direct' ? null : withLogin(proxy, logins.get(withoutCredentials(proxy)))
  }

  /**
   * Whether there is a login other than the refused one, in memory or in the keychain. `refusedUrl` includes
   * the login.
   */
  async function findOtherLogin(proxy: string, refusedUrl: string): Promise<boolean> {
    const isOther = (login: ProxyLogin | null | undefined) => login && withLogin(proxy, login) !== refusedUrl
    if (isOther(logins.get(proxy))) return true
    const stored = await readProxyLogin(secretStore, proxy)
    if (!stored.ok)
      environment.log.warn('could not read a proxy login from the keychain', { code: stored.failure.code })
    const login = stored.ok ? stored.value : null
    if (!login || !isOther(login)) return false
    logins.set(proxy, login)
    return true
  }

  /** Many requests are refused at the same time; the keychain is read once. */
  async function findOtherLoginOnce(proxy: string, refusedUrl: string): Promise<boolean> {
    const running = lookups.get(proxy)
    if (running) return running
    const lookup = findOtherLogin(proxy, refusedUrl).finally(() => lookups.delete(proxy))
    lookups.set(proxy, lookup)
    return lookup
  }

  return {
    resolve,
    async reportFailure(proxyUrl, code, url) {
      const proxy = withoutCredentials(proxyUrl)
      if (code === proxyCodes.signIn) {
        if (await findOtherLoginOnce(proxy, proxyUrl)) return true
        environment.log.warn('a proxy requires a login', { proxy })
        hasNewLogin = false
        setQuestion({ proxy, wasRefused: logins.has(proxy) })
        return false
      }
      if (code !== proxyCodes.unreachable) return false
      skippedSinceMs.set(proxy, environment.monotonicMs())
      // Also if a parallel request has reported this proxy before.
      return (await findProxies(url)).available !== undefined
    },
    pendingQuestion: () => pendingQuestion,
    hasNewLogin: () => hasNewLogin,
    async signIn(proxy, login) {
      const isAsked = () => pendingQuestion?.proxy === proxy
      if (!isAsked()) return failed(failure('bad-call'))
      logins.set(proxy, login)
      const stored = await writeProxyLogin(secretStore, proxy, login)
      hasNewLogin = true
      // Another proxy may have asked meanwhile.
      if (isAsked()) setQuestion(null)
      return stored
    },
    dismissQuestion() {
      hasNewLogin = false
      setQuestion(null)
    },
    stopSkipping: () => skippedSinceMs.clear(),
  }
}

/** Adds the login to the proxy's URL. A login that the user entered replaces one in the system's settings. */
function withLogin(proxy: string, login: ProxyLogin | undefined): string {
  const url = new URL(proxy)
  if (login) {
    // Half a surrogate pair can't be encoded, and would make every request throw.
    url.username = encodeURIComponent(login.name.toWellFormed())
    url.password = encodeURIComponent(login.password.toWellFormed())
  }
  return url.href.replace(/\/$/, '')
}
