import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { failed, failure, harmlessText, success, type Result } from '../../contract/failures.ts'
import { isLoopback } from '../../contract/servers.ts'

/** Where and how the server lets one PUT be sent, after `checkUploadTarget`. */
export interface UploadTarget {
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
export function checkUploadTarget(presigned: {
  readonly server: string
  readonly url: unknown
  readonly headers: unknown
  readonly sizeBytes: number
}): Result<UploadTarget> {
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
 * This computer and its network segment: IPv4 RFC 1122, 3.2.1.3 and RFC 3927; IPv6 RFC 4291, 2.5.3, 2.5.5.1
 * and 2.5.6. Connections to the unspecified addresses reach this computer too. IPv6 forms of IPv4 addresses
 * are included: mapped, compatible and translated ones (RFC 2765, 2.1), NAT64 (RFC 6052, 2.1) and 6to4 (RFC
 * 3056, 2). Private addresses are allowed, since storage on a company's own network has them. With TLS, a
 * name that resolves to another computer of the network is refused unless that computer has a certificate for
 * the name.
 */
const localAddresses = new BlockList()
localAddresses.addSubnet('0.0.0.0', 8, 'ipv4')
localAddresses.addSubnet('127.0.0.0', 8, 'ipv4')
localAddresses.addSubnet('169.254.0.0', 16, 'ipv4')
localAddresses.addSubnet('::', 96, 'ipv6')
localAddresses.addSubnet('fe80::', 10, 'ipv6')
localAddresses.addSubnet('::ffff:0:0:0', 104, 'ipv6')
localAddresses.addSubnet('::ffff:0:7f00:0', 104, 'ipv6')
localAddresses.addSubnet('::ffff:0:a9fe:0', 112, 'ipv6')
localAddresses.addSubnet('64:ff9b::', 104, 'ipv6')
localAddresses.addSubnet('64:ff9b::7f00:0', 104, 'ipv6')
localAddresses.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6')
localAddresses.addSubnet('2002::', 24, 'ipv6')
localAddresses.addSubnet('2002:7f00::', 24, 'ipv6')
localAddresses.addSubnet('2002:a9fe::', 32, 'ipv6')

/** Whether an IP address is loopback, link-local or unspecified; IPv6 with or without a zone. */
export function isLocalAddress(address: string): boolean {
  const withoutZone = address.replace(/%.*$/, '')
  return localAddresses.check(withoutZone, isIP(withoutZone) === 6 ? 'ipv6' : 'ipv4')
}

/** `hostname` of a URL: IPv6 in brackets, IPv4 in its normal form. */
function isLocalHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  return isIP(host) === 0 ? isLocalhostName(host) : isLocalAddress(host)
}

const isLocalhostName = (host: string) => /(?:^|\.)localhost\.?$/.test(host)
const isThisComputer = (hostname: string) => isLoopback(hostname) || isLocalhostName(hostname)

/**
 * Resolves a name like `dns.lookup`, but only to addresses that are neither loopback nor link-local. A name
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
