import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { networkInterfaces } from 'node:os'
import { failed, failure, harmlessText, success, type Result } from '../../contract/failures.ts'
import { isLoopback } from '../../contract/servers.ts'

/** Where and how the server lets one PUT be sent, after `checkStorageAddress`. */
export interface StorageAddress {
  /** A secret while it is valid: in memory only, never logged. */
  readonly url: string
  /** Signed with the URL: sent with names and values unchanged. */
  readonly headers: Readonly<Record<string, string>>
  /** Whether the URL's name may resolve to this computer or to a link-local address. */
  readonly allowsLocalAddress: boolean
}

/** More than any presigned URL; servers accept 8 to 16 KiB for the request line and the headers. */
const maxUrlLength = 16_000
const maxHeaderLength = 8_000
const maxHeaderCount = 50

/** Storage protocols use these (Amazon S3, Google Cloud Storage, Azure Blob Storage). */
const allowedHeaders: ReadonlySet<string> = new Set([
  'content-type',
  'content-md5',
  'content-encoding',
  'content-disposition',
  'cache-control',
  'if-none-match',
  'if-match',
])
const allowedPrefix = /^x-(?:amz|goog|ms)-[\w-]+$/

/**
 * Checks a presigned PUT of `sizeBytes`, since the server is not trusted: it must not make this computer send
 * a file without encryption, send to services on this computer, or send requests that another program on the
 * connection would read differently (RFC 9112, 11.2). `server` is the API's URL. An API on this computer may
 * use storage on this computer, and an API with a local address may use storage at the same address.
 */
export function checkStorageAddress(presigned: {
  readonly server: string
  readonly url: unknown
  readonly headers: unknown
  readonly sizeBytes: number
}): Result<StorageAddress> {
  const { server, url, sizeBytes } = presigned
  const api = new URL(server)
  const target = typeof url === 'string' ? parseTarget(url) : null
  if (typeof url !== 'string' || !target) return addressRefused('not an http address')
  const { protocol, hostname, host, origin } = target
  if (protocol === 'http:' && api.protocol !== 'http:') return addressRefused(`${origin} is not encrypted`)
  const allowsLocalAddress = isThisComputer(api.hostname)
  if (!allowsLocalAddress && hostname !== api.hostname && isLocalHost(hostname))
    return addressRefused(`${origin} is this computer or a link-local address`)
  const headers = checkHeaders(presigned.headers ?? {}, { host, sizeBytes })
  return headers.ok ? success({ url, headers: headers.value, allowsLocalAddress }) : headers
}

const addressRefused = (detail: string) => failed(failure('upload-address-refused', {}, { detail }))
const headerRefused = (name: string, detail: string) =>
  failed(failure('upload-header-refused', { name: harmlessText(name).slice(0, 60) }, { detail }))

/** The text is sent as it is, so it must be what the parser reads: the parser removes line breaks and tabs. */
function parseTarget(url: string): URL | null {
  if (url.length > maxUrlLength || !/^https?:\/\/(?![/\\])[\x21-\x7e]+$/i.test(url)) return null
  return URL.parse(url)
}

interface PutRequest {
  /** Of the URL, with its port. */
  readonly host: string
  readonly sizeBytes: number
}

function checkHeaders(headers: unknown, request: PutRequest): Result<Record<string, string>> {
  // PHP encodes an empty map as an empty list.
  if (Array.isArray(headers) && headers.length === 0) return success({})
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
    return headerRefused('upload_headers', 'not an object')
  const checked: Record<string, string> = {}
  for (const [index, [name, given]] of Object.entries(headers).entries()) {
    const value = headerValue(given)
    if (index >= maxHeaderCount) return headerRefused(name, `more than ${maxHeaderCount} headers`)
    if (value === null) return headerRefused(name, 'not a string, a number or an array of one string')
    // AWS's SDK for Go returns it with the other signed headers. The same value is sent in any case.
    if (name.toLowerCase() === 'host' && value.toLowerCase() === request.host) continue
    const reason = headerRejectionReason(name, value, request)
    if (reason !== null) return headerRefused(name, reason)
    checked[name] = value
  }
  return success(checked)
}

/** Why a header must not be sent, or null. */
function headerRejectionReason(name: string, value: string, { sizeBytes }: PutRequest): string | null {
  const key = name.toLowerCase()
  if (name.length > maxHeaderLength || value.length > maxHeaderLength) return 'too long'
  // The characters that Node accepts (nodejs.org/api/http.html, validateHeaderValue).
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return 'invalid characters'
  if (key === 'content-length')
    return value === String(sizeBytes) ? null : `not the size of ${sizeBytes} bytes`
  return allowedHeaders.has(key) || allowedPrefix.test(key) ? null : 'not allowed'
}

/** JSON of other languages may have numbers, or lists as in Go's `http.Header`. */
function headerValue(given: unknown): string | null {
  if (typeof given === 'string') return given
  if (typeof given === 'number' && Number.isFinite(given)) return String(given)
  const [only, another] = Array.isArray(given) ? (given as unknown[]) : []
  return typeof only === 'string' && another === undefined ? only : null
}

/**
 * This computer, its network segment and groups of computers: IPv4 RFC 1122, 3.2.1.3, RFC 3927 and RFC 5771
 * with the reserved range above it; IPv6 RFC 4291, 2.5.3, 2.5.5.1, 2.5.6 and 2.7, site-local addresses (RFC
 * 3879) and Teredo (RFC 4380), both out of use, and a network's own NAT64 (RFC 8215), where each network
 * chooses where the IPv4 address is. Connections to the unspecified addresses reach this computer
 * too. Other private addresses are allowed, since storage on a company's own network has them. With TLS, a
 * name that resolves to another computer of the network is refused unless that computer has a certificate for
 * the name.
 */
const localAddresses = blockListOf([
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 3],
  ['::', 96],
  ['fe80::', 9],
  ['ff00::', 8],
  ['2001::', 32],
  ['64:ff9b:1::', 48],
])

/**
 * IPv6 addresses that contain an IPv4 address, and the first of its two groups of 16 bits: translated (RFC
 * 2765, 2.1), NAT64 (RFC 6052, 2.1) and 6to4 (RFC 3056, 2). `BlockList` itself resolves mapped ones.
 */
const ipv4Forms = [
  { addresses: blockListOf([['::ffff:0:0:0', 96]]), firstGroup: 6 },
  { addresses: blockListOf([['64:ff9b::', 96]]), firstGroup: 6 },
  { addresses: blockListOf([['2002::', 16]]), firstGroup: 1 },
] as const

function blockListOf(subnets: readonly (readonly [address: string, prefixBits: number])[]): BlockList {
  const list = new BlockList()
  for (const [address, prefixBits] of subnets) list.addSubnet(address, prefixBits, familyOf(address))
  return list
}

/** Of a valid address: Node's `isIP` would compile its pattern of IPv6, 11 ms of CPU time in each thread. */
function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}

function ipv4Within(address: string): string | null {
  const form = ipv4Forms.find(({ addresses }) => addresses.check(address, 'ipv6'))
  if (!form) return null
  // In its normal form an IPv6 address has no dots and at most one `::`.
  const [before = '', after = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const first = before.split(':').filter(Boolean)
  const last = after.split(':').filter(Boolean)
  const zeros = Array<string>(8 - first.length - last.length).fill('0')
  const [high = 0, low = 0] = [...first, ...zeros, ...last]
    .slice(form.firstGroup)
    .map((group) => Number.parseInt(group, 16))
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
}

/** Whether an IP address reaches this computer or is link-local or multicast; IPv6 with or without a zone. */
export function isLocalAddress(address: string): boolean {
  const plain = address.replace(/%.*$/, '')
  const ipv4 = ipv4Within(plain)
  if (ipv4 !== null) return isLocalAddress(ipv4)
  return localAddresses.check(plain, familyOf(plain)) || ownAddresses().check(plain, familyOf(plain))
}

/** They change with the network, and asking for them takes some 0.1 ms. */
function ownAddresses(): BlockList {
  const list = new BlockList()
  for (const { address } of Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []))
    list.addAddress(address, familyOf(address))
  return list
}

/** `hostname` of a URL: IPv6 in brackets, IPv4 in its normal form. */
function isLocalHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  return isIP(host) === 0 ? isLocalhostName(host) : isLocalAddress(host)
}

const isLocalhostName = (host: string) => /(?:^|\.)localhost(?:\.localdomain)?\.?$/.test(host)
const isThisComputer = (hostname: string) => isLoopback(hostname) || isLocalhostName(hostname)

/**
 * Resolves a name like `dns.lookup`, but not to local addresses (see `isLocalAddress`). A name
 * without other addresses may be blocked for a while, for example by a VPN or a captive portal.
 */
export const lookupRemote: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, '')
    const remote = found.filter(({ address }) => !isLocalAddress(address))
    const [first] = remote
    if (!first) {
      const code = `LOCAL_ADDRESS ${found[0]?.address}`
      return callback(Object.assign(new Error(`${hostname} resolves to a local address`), { code }), '')
    }
    return options.all ? callback(null, remote) : callback(null, first.address, first.family)
  })
}
