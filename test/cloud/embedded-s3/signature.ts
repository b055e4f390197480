import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { S3Error } from './xml.ts'

// Signature Version 4: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html

export type Keys = { readonly accessKey: string; readonly secretKey: string; readonly region: string }

/** The part of a request that its signature covers. */
export type SignedRequest = Pick<IncomingMessage, 'method' | 'url' | 'headers'>

/** The signed body hash: a SHA-256, or `UNSIGNED-PAYLOAD`. */
export type Verified = { readonly payloadHash: string }

type Claim = {
  readonly credential: string
  readonly date: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly payloadHash: string
}

const ALGORITHM = 'AWS4-HMAC-SHA256'
const SEVEN_DAYS_SECONDS = 604_800
const ALLOWED_SKEW_MS = 15 * 60 * 1000
const UNSIGNED = 'UNSIGNED-PAYLOAD'

/** Throws S3's error unless the signature is complete, valid and unexpired. */
export function verifySignature(request: SignedRequest, keys: Keys, nowMs: number): Verified {
  const [path = '/', search = ''] = splitOnce(request.url ?? '/', '?')
  const query = parseQuery(search)
  const presigned = query.some(([name]) => name === 'X-Amz-Signature')
  const header = request.headers.authorization
  if (!presigned && header === undefined) throw denied('Access Denied')
  if (presigned && header !== undefined) {
    throw new S3Error(400, 'InvalidArgument', 'Only one auth mechanism allowed')
  }
  const claim = presigned ? claimOfQuery(query, request, nowMs) : claimOfHeader(header ?? '', request, nowMs)
  checkScope(claim, keys, presigned)
  checkSignedHeaders(claim, request)
  const canonical = [
    request.method,
    path
      .split('/')
      .map((segment) => encode(decode(segment)))
      .join('/'),
    canonicalQuery(query),
    ...claim.signedHeaders.map((name) => `${name}:${headerValue(request, name)}`),
    '',
    claim.signedHeaders.join(';'),
    claim.payloadHash,
  ].join('\n')
  const [, day = '', region = '', service = ''] = claim.credential.split('/')
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = [ALGORITHM, claim.date, scope, createHash('sha256').update(canonical).digest('hex')].join('\n')
  const key = hmac(hmac(hmac(hmac(`AWS4${keys.secretKey}`, day), region), service), 'aws4_request')
  const expected = Buffer.from(hmac(key, text).toString('hex'))
  const given = Buffer.from(claim.signature)
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) {
    throw new S3Error(
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided.',
    )
  }
  return { payloadHash: claim.payloadHash }
}

function claimOfQuery(query: Query, request: SignedRequest, nowMs: number): Claim {
  const wrong = (message: string) => new S3Error(400, 'AuthorizationQueryParametersError', message)
  const value = (name: string) => {
    const found = query.filter(([one]) => one === name)
    if (found.length !== 1) throw wrong(`Query-string authentication requires exactly one ${name}`)
    return found[0]?.[1] ?? ''
  }
  if (value('X-Amz-Algorithm') !== ALGORITHM) throw wrong(`X-Amz-Algorithm only supports "${ALGORITHM}"`)
  const date = value('X-Amz-Date')
  const expires = value('X-Amz-Expires')
  const seconds = /^\d+$/.test(expires) ? Number(expires) : NaN
  if (!(seconds >= 1)) throw wrong('X-Amz-Expires must be a positive number')
  if (seconds > SEVEN_DAYS_SECONDS) throw wrong('X-Amz-Expires must be less than a week (in seconds)')
  const dateMs = timeOf(date)
  if (Number.isNaN(dateMs)) throw wrong('X-Amz-Date must be in the ISO8601 Long Format')
  if (dateMs > nowMs + ALLOWED_SKEW_MS) throw denied('Request is not valid yet')
  if (dateMs + seconds * 1000 <= nowMs) throw denied('Request has expired')
  const hashed = query.find(([name]) => name.toLowerCase() === 'x-amz-content-sha256')?.[1]
  return {
    credential: value('X-Amz-Credential'),
    date,
    signedHeaders: value('X-Amz-SignedHeaders').split(';'),
    signature: value('X-Amz-Signature'),
    payloadHash: one(request.headers['x-amz-content-sha256']) ?? hashed ?? UNSIGNED,
  }
}

function claimOfHeader(header: string, request: SignedRequest, nowMs: number): Claim {
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]+)$/.exec(header)
  if (!found) throw new S3Error(400, 'AuthorizationHeaderMalformed', 'The authorization header is malformed')
  const [, credential = '', names = '', signature = ''] = found
  const date = one(request.headers['x-amz-date'])
  if (date === undefined || Number.isNaN(timeOf(date))) {
    throw denied('AWS authentication requires a valid Date or x-amz-date header')
  }
  if (Math.abs(timeOf(date) - nowMs) > ALLOWED_SKEW_MS) {
    const message = 'The difference between the request time and the current time is too large.'
    throw new S3Error(403, 'RequestTimeTooSkewed', message)
  }
  const payloadHash = one(request.headers['x-amz-content-sha256'])
  if (payloadHash === undefined) {
    throw new S3Error(400, 'InvalidRequest', 'Missing required header for this request: x-amz-content-sha256')
  }
  return { credential, date, signedHeaders: names.split(';'), signature, payloadHash }
}

function checkScope(claim: Claim, keys: Keys, presigned: boolean): void {
  const code = presigned ? 'AuthorizationQueryParametersError' : 'AuthorizationHeaderMalformed'
  const [accessKey = '', day = '', region = '', service = '', end = '', ...rest] = claim.credential.split('/')
  if (rest.length > 0 || service !== 's3' || end !== 'aws4_request') {
    throw new S3Error(400, code, 'The credential scope is malformed')
  }
  if (accessKey !== keys.accessKey) {
    const message = 'The AWS Access Key Id you provided does not exist in our records.'
    throw new S3Error(403, 'InvalidAccessKeyId', message)
  }
  if (region !== keys.region) {
    throw new S3Error(400, code, `the region '${region}' is wrong; expecting '${keys.region}'`)
  }
  if (day !== claim.date.slice(0, 8))
    throw new S3Error(400, code, 'The credential date does not fit the date')
}

/** All signed headers must be present, and all headers that S3 evaluates must be signed. */
function checkSignedHeaders(claim: Claim, request: SignedRequest): void {
  const absent = claim.signedHeaders.some((name) => request.headers[name] === undefined)
  if (absent || !claim.signedHeaders.includes('host')) {
    throw new S3Error(403, 'SignatureDoesNotMatch', 'A signed header is missing from the request')
  }
  for (const name of Object.keys(request.headers)) {
    if (!name.startsWith('x-amz-') || claim.signedHeaders.includes(name)) continue
    throw denied(`There were headers present in the request which were not signed: ${name}`)
  }
}

type Query = readonly (readonly [string, string])[]

function parseQuery(search: string): Query {
  return search
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', value = ''] = splitOnce(pair, '=')
      return [decode(name), decode(value)] as const
    })
}

function canonicalQuery(query: Query): string {
  return query
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => (a < b || (a === b && x < y) ? -1 : 1))
    .map((pair) => pair.join('='))
    .join('&')
}

function headerValue(request: SignedRequest, name: string): string {
  const value = request.headers[name]
  return String(Array.isArray(value) ? value.join(',') : value)
    .trim()
    .replaceAll(/ +/g, ' ')
}

/** Parses `20260101T000000Z` to milliseconds, or NaN. */
function timeOf(date: string): number {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date)
  if (!found) return NaN
  const [, year, month, day, hour, minute, second] = found
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new S3Error(400, 'InvalidURI', "Couldn't parse the specified URI.")
  }
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value
}

function denied(message: string): S3Error {
  return new S3Error(403, 'AccessDenied', message)
}
