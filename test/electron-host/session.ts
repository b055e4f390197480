import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { host } from './state.ts'
import type { ProtocolHandler } from './state.ts'
import { request } from './net-request.ts'
import { notEmulated, strict, strictEmitter } from './strict.ts'
import { matchesPattern } from './urls.ts'
import type { HostContents } from './shapes.ts'

const mimeTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.mjs': 'text/javascript',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
}

interface Scheme {
  readonly scheme: string
  readonly privileges?: { readonly standard?: boolean; readonly secure?: boolean }
}

export const protocol = strict('protocol', {
  registerSchemesAsPrivileged(schemes: readonly Scheme[]): void {
    if (host.ready)
      throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready')
    for (const { scheme, privileges = {} } of schemes) {
      if (!privileges.standard || !privileges.secure)
        throw notEmulated(`a scheme that is not standard and secure (${scheme})`)
      host.schemes.add(scheme)
    }
  },
  handle(scheme: string, handler: ProtocolHandler): void {
    if (!host.ready) throw new Error('protocol.handle: app is not ready')
    if (!host.schemes.has(scheme)) throw notEmulated(`protocol.handle('${scheme}') of an unregistered scheme`)
    if (host.protocols.has(scheme)) throw new Error(`Failed to register protocol: ${scheme}`)
    host.protocols.set(scheme, handler)
  },
  unhandle: (scheme: string) => void host.protocols.delete(scheme),
  isProtocolHandled: (scheme: string) => host.protocols.has(scheme),
})

async function fetchFile(url: string): Promise<Response> {
  const path = fileURLToPath(url)
  try {
    const headers = { 'content-type': mimeTypes[extname(path)] ?? 'application/octet-stream' }
    return new Response(new Uint8Array(await readFile(path)), { headers })
  } catch (error) {
    throw new Error('net::ERR_FILE_NOT_FOUND', { cause: error })
  }
}

export const net = strict('net', {
  request,
  fetch(input: string | Request, init?: RequestInit): Promise<Response> {
    const url = typeof input === 'string' ? input : input.url
    return url.startsWith('file:') ? fetchFile(url) : fetch(input, init)
  },
  isOnline: () => true,
  online: true,
})

export interface RequestDetails {
  readonly id: number
  readonly url: string
  readonly method: string
  readonly resourceType: string
  readonly webContentsId: number
  readonly timestamp: number
}
interface Verdict {
  readonly cancel?: boolean
  readonly redirectURL?: string
}
type BeforeRequest = (details: RequestDetails, answer: (verdict: Verdict) => void) => void
interface RequestFilter {
  readonly urls: readonly string[]
  readonly types?: readonly string[]
}

let beforeRequest: { readonly filter: RequestFilter; readonly listener: BeforeRequest } | undefined

function onBeforeRequest(...given: [BeforeRequest | null] | [RequestFilter, BeforeRequest | null]): void {
  const [filter, listener] = given.length === 2 ? given : [{ urls: ['<all_urls>'] }, given[0]]
  beforeRequest = listener ? { filter, listener } : undefined
}

/**
 * Applies the app's `webRequest` listener to a request of a page.
 * @returns whether the request is cancelled
 */
export function isCancelled(details: RequestDetails): Promise<boolean> {
  const { filter, listener } = beforeRequest ?? {}
  if (!filter?.urls.some((pattern) => matchesPattern(details.url, pattern))) return Promise.resolve(false)
  if (filter.types && !filter.types.includes(details.resourceType)) return Promise.resolve(false)
  return new Promise((resolve, reject) => {
    listener?.(details, ({ cancel = false, redirectURL }) => {
      if (redirectURL === undefined) resolve(cancel)
      else reject(notEmulated('webRequest redirectURL'))
    })
  })
}

type RequestHandler = (
  contents: HostContents,
  permission: string,
  answer: (granted: boolean) => void,
  details: object,
) => void
type CheckHandler = (contents: HostContents, permission: string, origin: string, details: object) => boolean
let requestHandler: RequestHandler | null = null
let checkHandler: CheckHandler | null = null

/**
 * The result of the app's permission handlers. Chromium cannot request it here: the results are applied
 * before a page loads. Without handlers Electron grants everything.
 */
export async function isGranted(
  contents: HostContents,
  permission: string,
  origin: string,
): Promise<boolean> {
  const details = { requestingUrl: origin, isMainFrame: true }
  const checked = checkHandler?.(contents, permission, origin, details) ?? true
  if (!checked || requestHandler === null) return checked
  return new Promise((resolve) => requestHandler?.(contents, permission, resolve, details))
}

/**
 * Chromium's proxy for a URL when its switches define one (net/docs/proxy.md): loopback bypasses it unless
 * the bypass list contains `<-loopback>`. The system's settings and PAC files are not considered here.
 */
function proxyFor(url: string): string {
  const server = host.switches.get('proxy-server')
  const { hostname } = new URL(url)
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
  const bypassed = (host.switches.get('proxy-bypass-list') ?? '').split(';')
  if (!server || bypassed.includes(hostname)) return 'DIRECT'
  return isLoopback && !bypassed.includes('<-loopback>') ? 'DIRECT' : `PROXY ${server}`
}

interface SpellChecker {
  setSpellCheckerLanguages(languages: readonly string[]): void
  getSpellCheckerLanguages(): readonly string[]
}

function spellChecker(): SpellChecker {
  let current: readonly string[] = ['en-US']
  return {
    setSpellCheckerLanguages: (languages) => void (current = languages),
    getSpellCheckerLanguages: () => current,
  }
}

/**
 * On Linux and Windows a new session loads its dictionaries, and downloads missing ones, unless a listener of
 * `session-created` has removed its languages.
 */
function announce(created: SpellChecker, partition: string): void {
  host.app?.emit('session-created', created)
  const languages = created.getSpellCheckerLanguages()
  if (languages.length > 0) host.record('dictionaries-downloaded', { partition, languages })
}

export const defaultSession = strictEmitter('session', {
  protocol,
  webRequest: strict('session.webRequest', { onBeforeRequest }),
  setPermissionRequestHandler: (handler: RequestHandler | null) => void (requestHandler = handler),
  setPermissionCheckHandler: (handler: CheckHandler | null) => void (checkHandler = handler),
  setDevicePermissionHandler: (handler: unknown) =>
    host.record('device-permission-handler', { set: handler !== null }),
  ...spellChecker(),
  resolveProxy: (url: string) => Promise.resolve(proxyFor(url)),
  setProxy: (config: object) => Promise.resolve(host.record('set-proxy', { config })),
  clearCache: () => Promise.resolve(),
  clearStorageData: () => Promise.resolve(),
})

let isDefaultCreated = false

/** The default session, which Electron creates at the first use. */
export function useDefaultSession(): typeof defaultSession {
  if (!isDefaultCreated) {
    isDefaultCreated = true
    announce(defaultSession, '')
  }
  return defaultSession
}

export const session = strict('session', {
  get defaultSession() {
    return useDefaultSession()
  },
  fromPartition(partition: string, { cache = true }: { readonly cache?: boolean } = {}) {
    // Requests are sent by Node without cache and cookies, which is sufficient for a session that only main
    // uses.
    if (cache || partition.startsWith('persist:')) throw notEmulated(`session.fromPartition('${partition}')`)
    const created = strict(`session of '${partition}'`, { _partition: partition, ...spellChecker() })
    announce(created, partition)
    return created
  },
})
