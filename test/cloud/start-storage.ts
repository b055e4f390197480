import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startCeph } from './ceph/ceph.ts'
import type { Ceph } from './ceph/ceph.ts'
import type { S3Endpoint } from './storage-server.ts'

export type StorageKind = 'embedded' | 'ceph'

export const STORAGE_KINDS: readonly StorageKind[] = ['embedded', 'ceph']

export type StartedStorage = {
  /** Additional options for `startCloud`. */
  readonly options: { readonly s3?: S3Endpoint }
  stop(): Promise<void>
}

// The environment variable through which test processes find the shared Ceph.
const OFFER = 'LOCAL_CLOUD_CEPH_OFFER'

/**
 * Storage for a suite that runs on both kinds. Uses the shared Ceph if `offerCeph` provides one, and starts
 * its own otherwise; fails with the install command if programs are missing.
 */
export async function startStorage(kind: StorageKind): Promise<StartedStorage> {
  if (kind === 'embedded') return { options: {}, stop: () => Promise.resolve() }
  const offer = process.env[OFFER]
  if (offer === undefined) {
    const ceph = await startCeph()
    return { options: { s3: endpointOf(ceph) }, stop: () => ceph.stop() }
  }
  const answer = await fetch(offer)
  if (!answer.ok) throw new Error(await answer.text())
  return { options: { s3: (await answer.json()) as S3Endpoint }, stop: () => Promise.resolve() }
}

/**
 * Offers one Ceph to all processes that inherit this environment. It is started on first use, so that runs
 * without such tests do not wait for it. For use in a global setup; returns the teardown.
 */
export async function offerCeph(): Promise<() => Promise<void>> {
  let ceph: Promise<Ceph> | undefined
  const server = createServer((_request, response) => {
    ceph ??= startCeph()
    ceph.then(
      (started) => response.end(JSON.stringify(endpointOf(started))),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  process.env[OFFER] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return async () => {
    Reflect.deleteProperty(process.env, OFFER)
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    const started = await ceph?.catch(() => undefined)
    await started?.stop()
  }
}

function endpointOf({ endpoint, accessKey, secretKey }: Ceph): S3Endpoint {
  return { endpoint, accessKey, secretKey }
}
