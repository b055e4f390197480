import { isCephInstalled, startCeph } from '../cloud/ceph/ceph.ts'
import { run } from '../cloud/ceph/daemons.ts'
import { openStorage } from '../cloud/storage.ts'
import type { S3Target } from './s3-target.ts'
import { mebibyte, type Workbench } from './workbench.ts'

export const withoutCeph = () =>
  isCephInstalled() ? null : 'apt-get install radosgw ceph-mon ceph-osd ceph-common'

export interface CephBench {
  readonly target: S3Target
  /** Base URL of the API in front of it. */
  readonly api: string
  /** Returns a URL of the server itself, for peers that PUT without credentials. */
  presign(key: string): Promise<string>
  /**
   * Deletes all objects and waits until the server has freed their space, so that this does not slow down
   * other runs.
   */
  empty(): Promise<void>
}

/** Starts Ceph's gateway with an empty bucket, and stops it at the end of the bench. */
export async function startCephBench(bench: Workbench): Promise<CephBench> {
  const dataDir = `${bench.folder}/ceph`
  const { endpoint, accessKey, secretKey, stop } = await startCeph({ dataDir })
  bench.atEnd(stop)
  const target: S3Target = { endpoint, accessKey, secretKey, region: 'us-east-1', bucket: 'bench' }
  const storage = openStorage({
    ...target,
    publicOrigin: endpoint,
    signedOrigin: endpoint,
    urlSeconds: 3600,
    now: Date.now,
  })
  bench.atEnd(async () => storage.close())
  await storage.prepare()
  const presigned = { sizeBytes: 0, signsHeaders: false, expired: false }
  return {
    target,
    api: await bench.startProgram('s3-api.ts', [JSON.stringify(target), String(100 * mebibyte)]),
    presign: async (key) => (await storage.presignPut(key, presigned)).url,
    async empty() {
      await Promise.all((await storage.objects()).map(({ key }) => storage.remove(key)))
      for (const { key, uploadId } of await storage.unfinished()) await storage.abortUpload(key, uploadId)
      const environment = { ...process.env, CEPH_CONF: `${dataDir}/ceph.conf` }
      await run(
        'radosgw-admin',
        ['-n', 'client.rgw.t', 'gc', 'process', '--include-all'],
        environment,
        300_000,
      )
    },
  }
}
