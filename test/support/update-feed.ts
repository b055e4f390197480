import { createHash, generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { publicKeyOf, signFeed } from '../../electron/desktop/updates/feed-signature.ts'

/** A new Ed25519 key in the format of the release workflow. */
export const newSigningKey = () =>
  generateKeyPairSync('ed25519', {
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
    publicKeyEncoding: { format: 'pem', type: 'spki' },
  }).privateKey

export interface Release {
  readonly version: string
  /** The new program's content. */
  readonly content: Buffer
  readonly key: string
  /** Depends on the system; Linux’s by default. */
  readonly feedFile?: string
  /** Overrides the generated value. */
  readonly yml?: string
  readonly sha512?: string
  readonly signature?: string | null
  /** Now by default. */
  readonly signedAtMs?: number
  /** Number of bytes after which the program's download is cut. */
  readonly cutAfterBytes?: number
  /** The ending of files after whose content a byte is sent again and again, without an end. */
  readonly endless?: string
}

export interface UpdateFeed {
  readonly url: string
  /** Requested files in order, without the query that bypasses caches. */
  readonly asked: string[]
  /** What each client sent about itself. */
  readonly requestHeaders: Readonly<Record<string, unknown>>[]
  publish(release: Release | null): void
  close(): Promise<void>
}

/** A local update server with the files of the release workflow. */
export async function startUpdateFeed(): Promise<UpdateFeed> {
  let files = new Map<string, Buffer>()
  let cutAfterBytes: number | undefined
  let endless: string | undefined
  const asked: string[] = []
  const requestHeaders: Readonly<Record<string, unknown>>[] = []
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '', 'http://x').pathname.slice(1)
    asked.push(name)
    requestHeaders.push(request.headers)
    const file = files.get(name)
    if (!file) return response.writeHead(404).end('Not Found')
    if (endless !== undefined && name.endsWith(endless)) {
      response.writeHead(200, { 'content-length': Number.MAX_SAFE_INTEGER }).write(file)
      const dripping = setInterval(() => response.write(' '), 20)
      return response.on('close', () => clearInterval(dripping))
    }
    response.writeHead(200, { 'content-length': file.length })
    if (cutAfterBytes === undefined || !name.endsWith('.AppImage')) return response.end(file)
    return response.write(file.subarray(0, cutAfterBytes), () => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    requestHeaders,
    publish(release) {
      files = release ? filesOf(release) : new Map()
      cutAfterBytes = release?.cutAfterBytes
      endless = release?.endless
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function filesOf(release: Release): Map<string, Buffer> {
  const { version, content, key, feedFile = 'latest-linux.yml' } = release
  const program = `modelferry-${version}-linux-x64.AppImage`
  const sha512 = release.sha512 ?? createHash('sha512').update(content).digest('base64')
  const yml =
    release.yml ??
    `version: ${version}\nfiles:\n  - url: ${program}\n    sha512: ${sha512}\n    size: ${content.length}\n` +
      `path: ${program}\nsha512: ${sha512}\nreleaseDate: '2026-11-24T00:00:00.000Z'\n`
  const signedAtMs = release.signedAtMs ?? Date.now()
  const signature =
    release.signature === undefined ? signFeed({ feedFile, text: yml }, key, signedAtMs) : release.signature
  return new Map([
    [feedFile, Buffer.from(yml)],
    [program, content],
    ...(signature === null ? [] : ([[`${feedFile}.sig`, Buffer.from(`${signature}\n`)]] as const)),
  ])
}

export { publicKeyOf }
