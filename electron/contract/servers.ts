import * as v from 'valibot'
import type { Failure } from './failures.ts'

/** The result of checking whether an address is a server of this API. */
export interface ServerCheck {
  /**
   * The address that works, which may add the API's path to the one that was checked; else the checked one.
   */
  readonly address: string
  /** Why it can't be used, or null. */
  readonly failure: Failure | null
  /** Some server responded. */
  readonly isReached: boolean
  /** The server that responded serves this API. */
  readonly isApi: boolean
  /** `none`: http on this computer, or no certificate was received. */
  readonly certificate: 'trusted' | 'untrusted' | 'none'
  /** This computer's clock minus the server's, in ms; 0 when the server sent no time. */
  readonly clockAheadMs: number
  /** The proxy that was used, as `http://host:port`, or null. */
  readonly proxy: string | null
}

/** A clock that differs by more is reported, in ms. Storage refuses signed requests from 15 minutes on. */
export const clockIsOffMs = 5 * 60_000

export const isLoopback = (host: string) =>
  host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)

/** The longest name in DNS. */
const maxHostLength = 253
/** Longer than an API's path; a native dialog shows the whole address. */
const maxServerPathLength = 100

/**
 * The stored form of a server's address, without a slash at its end. Null when it is neither https nor http
 * to this computer, when it has a user name, a password, a query or a fragment, or when it is too long.
 */
export function serverAddressOf(text: string): string | null {
  const url = URL.parse(text.trim())
  if (!url || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return null
  if (url.hostname.length > maxHostLength || url.pathname.length > maxServerPathLength) return null
  const isAllowed = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
  return isAllowed ? `${url.origin}${url.pathname.replace(/\/+$/, '')}` : null
}

/** An address as typed by the user, with `https://` added when no scheme was typed. */
export function withDefaultScheme(text: string): string {
  const trimmed = text.trim()
  return trimmed === '' || trimmed.includes('://') ? trimmed : `https://${trimmed}`
}

/** A server's address without slashes at its end, ready to append the API's paths. */
export const baseOf = (server: string) => server.replace(/\/+$/, '')

/** Any URL; whether it can be a server is decided by `serverAddressOf`. */
export const serverAddress = v.pipe(v.string(), v.trim(), v.maxLength(2_000), v.url())
/** A URL in the form in which it is stored. */
export const storedServerAddress = v.pipe(serverAddress, v.transform(serverAddressOf), v.string())

// From S3's smallest part to its largest single PUT (5 GiB): docs.aws.amazon.com, "Amazon S3 multipart upload
// limits".
export const singlePutLimit = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(5 * 1024 ** 2),
  v.maxValue(5 * 1024 ** 3),
)

export const serverEntry = v.strictObject({
  address: storedServerAddress,
  /** Largest file uploaded there with one PUT, in bytes; null for the setting `singlePutLimitBytes`. */
  singlePutLimitBytes: v.nullable(singlePutLimit),
})
/** A deployment of the API in the list of known servers. */
export type ServerEntry = Readonly<v.InferOutput<typeof serverEntry>>

interface KnownServers {
  readonly server: string
  readonly servers: readonly ServerEntry[]
}

/** Every known server once, including the one for new sign-ins. */
export function serversOf({ server, servers }: KnownServers): readonly ServerEntry[] {
  const current = { address: server, singlePutLimitBytes: null }
  return servers.some(({ address }) => baseOf(address) === baseOf(server)) ? servers : [current, ...servers]
}

/** Whether requests may be sent to the server of an account: `MODELFERRY_SERVER` limits them to one. */
export function isKnownServer(settings: KnownServers, server: string): boolean {
  return serversOf(settings).some(({ address }) => baseOf(address) === baseOf(server))
}

/** The largest file uploaded to a server with one PUT, in bytes. */
export function putLimitOf(
  settings: Pick<KnownServers, 'servers'> & { readonly singlePutLimitBytes: number },
  server: string,
): number {
  const entry = settings.servers.find(({ address }) => baseOf(address) === baseOf(server))
  return entry?.singlePutLimitBytes ?? settings.singlePutLimitBytes
}
