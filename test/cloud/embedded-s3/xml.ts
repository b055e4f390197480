import type { Answer } from '../exchange.ts'

/** An S3 error with status, code and message. */
export class S3Error extends Error {
  override readonly name = 'S3Error'
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'

type XmlValue = string | number | boolean | readonly XmlElement[]
/** Name and content; elements with undefined content are omitted. */
export type XmlElement = readonly [name: string, content: XmlValue | undefined]

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;')
}

function render([name, content]: XmlElement): string {
  if (content === undefined) return ''
  const inner = Array.isArray(content) ? content.map(render).join('') : escapeXml(String(content))
  return `<${name}>${inner}</${name}>`
}

/** A 200 response with one document in S3's namespace. */
export function xmlAnswer(root: string, elements: readonly XmlElement[], headers = {}): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${NAMESPACE}">${elements.map(render).join('')}</${root}>`
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body }
}

/** S3's error document; the request id is constant because no client uses it. */
export function s3ErrorAnswer(status: number, code: string, message: string): Answer {
  const inner =
    render(['Code', code]) + render(['Message', message]) + render(['RequestId', '0000000000000001'])
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inner}</Error>`
  return { status, headers: { 'content-type': 'application/xml' }, body }
}

// S3's error codes for the statuses that tests request.
const CODES: Readonly<Record<number, string>> = {
  400: 'InvalidRequest',
  403: 'AccessDenied',
  404: 'NoSuchUpload',
  409: 'ConditionalRequestConflict',
  411: 'MissingContentLength',
  412: 'PreconditionFailed',
  429: 'SlowDown',
  500: 'InternalError',
  503: 'SlowDown',
}

/** An error response for a status alone, for faults. */
export function s3StatusAnswer(status: number, message: string): Answer {
  return s3ErrorAnswer(status, CODES[status] ?? 'InternalError', message)
}

export type NamedPart = {
  readonly number: number
  readonly etag: string
  readonly sha256: string | undefined
}

/** The parts listed in a CompleteMultipartUpload document. */
export function parseCompletion(xml: string): readonly NamedPart[] {
  const malformed = new S3Error(400, 'MalformedXML', 'The XML you provided was not well-formed')
  if (!/<CompleteMultipartUpload[\s>]/.test(xml)) throw malformed
  const parts = [...xml.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, inner = '']) => {
    const number = Number(/<PartNumber>\s*(\d+)\s*<\/PartNumber>/.exec(inner)?.[1] ?? NaN)
    const etag = unescapeXml(/<ETag>([^<]*)<\/ETag>/.exec(inner)?.[1] ?? '').trim()
    const sha256 = /<ChecksumSHA256>([^<]*)<\/ChecksumSHA256>/.exec(inner)?.[1]
    return { number, etag: etag.replaceAll('"', ''), sha256 }
  })
  const fits = parts.every((part) => Number.isInteger(part.number) && part.etag !== '')
  if (parts.length === 0 || !fits) throw malformed
  return parts
}

function unescapeXml(text: string): string {
  return text.replaceAll(/&quot;|&#34;|&#x22;/g, '"').replaceAll('&amp;', '&')
}
