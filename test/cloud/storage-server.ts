import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { openEmbeddedS3 } from './embedded-s3/embedded-s3.ts'
import { s3StatusAnswer } from './embedded-s3/xml.ts'
import type { Handler } from './exchange.ts'
import { createFaults } from './faults.ts'
import type { Faults } from './faults.ts'
import { createOperationLog } from './operations.ts'
import type { OperationLog } from './operations.ts'
import type { Records } from './records.ts'
import { serve } from './serve.ts'
import { storageOperationName } from './storage-names.ts'
import { openStorageProxy } from './storage-proxy.ts'
import type { StorageOptions } from './storage.ts'

/** A real S3 server. */
export type S3Endpoint = {
  readonly endpoint: string
  readonly accessKey: string
  readonly secretKey: string
  readonly region?: string
  /** Created if missing; by default the cloud's own bucket. */
  readonly bucket?: string
  /** Returns URLs of the server itself: without the proxy, storage has no log and no faults. */
  readonly direct?: boolean
}

export type StorageServerOptions = {
  readonly dataDir: string
  readonly records: Records
  readonly log: OperationLog
  readonly faults: Faults
  readonly discard: boolean
  readonly minimumPartBytes: number
  now(): number
}

/** The addresses of storage for the API and for its clients. */
export type StorageServer = {
  readonly access: Omit<StorageOptions, 'urlSeconds'>
  /** Disconnects the clients; the returned function reconnects them. */
  unplug(): Promise<() => Promise<void>>
  close(): Promise<void>
}

const REGION = 'us-east-1'
const EMBEDDED_BUCKET = 'cyberun-models'

/**
 * The embedded server on two ports: only client requests are logged and subject to faults, not the API's own.
 */
export async function startEmbedded(options: StorageServerOptions): Promise<StorageServer> {
  const { records, now } = options
  const keys = {
    accessKey: records.setting('storage-access-key', () => `local-${randomBytes(8).toString('hex')}`),
    secretKey: records.setting('storage-secret-key', () => randomBytes(24).toString('base64url')),
    region: REGION,
  }
  const server = openEmbeddedS3({
    ...keys,
    folder: join(options.dataDir, 'storage'),
    bucket: EMBEDDED_BUCKET,
    discard: options.discard,
    minimumPartBytes: options.minimumPartBytes,
    now,
  })
  const front = await serveStorage(server.handle, options.log, options.faults, now)
  const back = await serveStorage(server.handle, createOperationLog(), createFaults(), now)
  return {
    access: {
      ...keys,
      endpoint: back.origin,
      publicOrigin: front.origin,
      signedOrigin: front.origin,
      bucket: EMBEDDED_BUCKET,
      sha256Of: server.sha256Of,
      now,
    },
    unplug: () => front.unplug(),
    async close() {
      await front.close()
      await back.close()
      server.close()
    },
  }
}

/** A real server behind a proxy that logs and applies faults. */
export async function startInFront(s3: S3Endpoint, options: StorageServerOptions): Promise<StorageServer> {
  const origin = new URL(s3.endpoint).origin
  const bucket =
    s3.bucket ?? options.records.setting('bucket', () => `cyberun-${randomBytes(6).toString('hex')}`)
  const access = {
    endpoint: origin,
    signedOrigin: origin,
    bucket,
    region: s3.region ?? REGION,
    accessKey: s3.accessKey,
    secretKey: s3.secretKey,
    // A real server uses the current time, whatever the test's clock.
    now: () => Date.now(),
  }
  if (s3.direct) {
    return {
      access: { ...access, publicOrigin: origin },
      unplug: () => Promise.reject(new Error('nothing stands between this server and its clients')),
      close: () => Promise.resolve(),
    }
  }
  const proxy = openStorageProxy(origin)
  const front = await serveStorage(proxy.handle, options.log, options.faults, options.now)
  return {
    access: { ...access, publicOrigin: front.origin },
    unplug: () => front.unplug(),
    async close() {
      await front.close()
      proxy.close()
    },
  }
}

function serveStorage(handle: Handler, log: OperationLog, faults: Faults, now: () => number) {
  return serve({
    kind: 'storage',
    handle,
    log,
    faults,
    now,
    nameOf: storageOperationName,
    refuse: s3StatusAnswer,
  })
}
