import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startCeph } from './ceph.ts'
import type { Ceph } from './ceph.ts'
import type { S3Endpoint } from './storage-server.ts'

export type StorageKind = 'embedded' | 'ceph'

export const STORAGE_KINDS: readonly StorageKind[] = ['embedded', 'ceph']

export type StartedStorage = {
  /** To be spread into the options of `startCloud`. */
  readonly options: { readonly s3?: S3Endpoint }
  stop(): Promise<void>
}

// Where a test process finds the one Ceph of the whole run.
const OFFER = 'LOCAL_CLOUD_CEPH_OFFER'

/**
 * Storage for a suite that runs on both kinds. Ceph is the run's own where `offerCeph` offers one, and
 * started for the caller otherwise; it fails, with the command to install it, where its programs are missing.
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
 * Offers one Ceph to all processes that inherit this one's environment, and starts it when first asked,
 * so that a run without such tests does not wait for it. Meant for a global setup; returns the tear-down.
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
