import { createHash, randomUUID } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { S3Error } from './xml.ts'
import type { Store } from './store.ts'
import { ConnectionCut } from '../exchange.ts'
import type { Exchange } from '../exchange.ts'

export type Received = {
  readonly size: number
  /** Without quotes: the MD5 in hex, or a value that is clearly not an MD5 if bytes are discarded. */
  readonly etag: string
  readonly sha256: string | null
  readonly blob: string | null
}

export type ReceiveOptions = {
  readonly store: Store
  readonly discard: boolean
  /** What the signature covers: a SHA-256 in hex, or UNSIGNED-PAYLOAD. */
  readonly payloadHash: string
}

/** What the headers of a PUT state about its body, read before the body is requested. */
type Promised = {
  readonly size: number
  readonly md5: string | undefined
  readonly sha256: string | undefined
  readonly payloadSha256: string | undefined
}

// The limit for single PUTs and parts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
const MAXIMUM_PUT_BYTES = 5 * 1024 ** 3
const WRITE_BYTES = 1024 * 1024

/** Rejects invalid headers before any byte of the body is requested. */
export function promisedBy(exchange: Exchange, payloadHash: string): Promised {
  const { headers } = exchange.request
  if (payloadHash.startsWith('STREAMING-')) {
    throw new S3Error(501, 'NotImplemented', 'Chunked signatures are not implemented')
  }
  if (headers['content-length'] === undefined) {
    throw new S3Error(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.')
  }
  const size = Number(headers['content-length'])
  if (size > MAXIMUM_PUT_BYTES) {
    const message = 'Your proposed upload exceeds the maximum allowed size'
    throw new S3Error(400, 'EntityTooLarge', message)
  }
  const md5 = headers['content-md5']
  if (md5 !== undefined && !isDigest(String(md5), 16)) {
    throw new S3Error(400, 'InvalidDigest', 'The Content-MD5 you specified is not valid.')
  }
  const sha256 = headers['x-amz-checksum-sha256'] ?? exchange.url.searchParams.get('x-amz-checksum-sha256')
  if (sha256 && !isDigest(String(sha256), 32)) {
    throw new S3Error(400, 'InvalidRequest', 'Value for x-amz-checksum-sha256 header is invalid.')
  }
  const other = Object.keys(headers).find((name) => /^x-amz-checksum-(crc|sha1|sha512|xxhash)/.test(name))
  if (other) throw new S3Error(501, 'NotImplemented', `${other} is not implemented`)
  return {
    size,
    md5: md5 === undefined ? undefined : String(md5),
    sha256: sha256 ? String(sha256) : undefined,
    payloadSha256: /^[0-9a-f]{64}$/.test(payloadHash) ? payloadHash : undefined,
  }
}

/**
 * Streams the body to its own file and hashes it, with bounded memory. The file is kept only if its size and
 * digests match the headers.
 */
export async function receive(exchange: Exchange, options: ReceiveOptions): Promise<Received> {
  const { store, discard } = options
  const promised = promisedBy(exchange, options.payloadHash)
  const md5 = !discard || promised.md5 !== undefined ? createHash('md5') : undefined
  const wantsSha256 = promised.sha256 !== undefined || promised.payloadSha256 !== undefined
  const sha256 = wantsSha256 ? createHash('sha256') : undefined
  const hashes = [md5, sha256].filter((hash) => hash !== undefined)
  const target = discard ? undefined : store.begin()
  const file = target ? await open(target.path, 'wx') : undefined
  try {
    const size = await copy(exchange.body(), file, hashes)
    if (size !== promised.size) throw new ConnectionCut('the body was shorter than its length')
    const digests = { md5: md5?.digest(), sha256: sha256?.digest() }
    compare(promised, digests)
    await file?.close()
    if (target) await store.keep(target.name)
    return {
      size,
      etag: digests.md5 && !discard ? digests.md5.toString('hex') : `discarded-${randomUUID()}`,
      sha256: promised.sha256 ?? null,
      blob: target?.name ?? null,
    }
  } catch (error) {
    await file?.close()
    if (target) await store.dropIncoming(target.name)
    throw error
  }
}

async function copy(
  body: AsyncIterable<Buffer>,
  file: FileHandle | undefined,
  hashes: readonly Hash[],
): Promise<number> {
  let size = 0
  let gathered: Buffer[] = []
  let gatheredBytes = 0
  let writing: Promise<unknown> = Promise.resolve()
  try {
    for await (const chunk of body) {
      size += chunk.length
      for (const hash of hashes) hash.update(chunk)
      if (!file) continue
      gathered.push(chunk)
      gatheredBytes += chunk.length
      if (gatheredBytes < WRITE_BYTES) continue
      // One write runs while the next megabyte is hashed, so at most two are in memory.
      await writing
      writing = writeAll(file, gathered)
      gathered = []
      gatheredBytes = 0
    }
  } finally {
    await writing
  }
  if (file && gathered.length > 0) await writeAll(file, gathered)
  return size
}

async function writeAll(file: FileHandle, chunks: readonly Buffer[]): Promise<void> {
  const wanted = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  const { bytesWritten } = await file.writev(chunks)
  if (bytesWritten === wanted) return
  // A full disk can cause a partial write; writing the rest then throws the actual error.
  await file.write(Buffer.concat(chunks).subarray(bytesWritten))
}

function compare(promised: Promised, digests: { md5: Buffer | undefined; sha256: Buffer | undefined }): void {
  if (promised.md5 !== undefined && digests.md5?.toString('base64') !== promised.md5) {
    throw new S3Error(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.')
  }
  if (promised.sha256 !== undefined && digests.sha256?.toString('base64') !== promised.sha256) {
    const message = 'The SHA256 you specified did not match the calculated checksum.'
    throw new S3Error(400, 'BadDigest', message)
  }
  if (promised.payloadSha256 !== undefined && digests.sha256?.toString('hex') !== promised.payloadSha256) {
    const message = 'The provided x-amz-content-sha256 header does not match what was computed.'
    throw new S3Error(400, 'XAmzContentSHA256Mismatch', message)
  }
}

function isDigest(base64: string, bytes: number): boolean {
  const decoded = Buffer.from(base64, 'base64')
  return decoded.length === bytes && decoded.toString('base64') === base64
}
