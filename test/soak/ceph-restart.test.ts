import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../cloud/accounts.ts'
import { startCeph } from '../cloud/ceph/ceph.ts'
import { startCloud } from '../cloud/cloud.ts'
import { presign, put, sha256, signIn } from '../integration/cloud/requests.ts'

let dataDir: string

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'kept-ceph-'))
})
afterEach(() => rmSync(dataDir, { recursive: true }))

/** Ceph starts twice, in fifteen seconds each if the machine has nothing else to do. */
const timeout = 180_000

test('finds stored objects again after a Ceph with a folder restarts', { timeout }, async () => {
  const bytes = randomBytes(50_000)
  const folders = { cloud: join(dataDir, 'cloud'), ceph: join(dataDir, 'ceph') }
  const first = await startCeph({ dataDir: folders.ceph })
  const before = await startCloud({ dataDir: folders.cloud, s3: first })
  const alice = { token: (await signIn(before)).access_token, team: ALICES_TEAM_ID }
  const stored = await put(await presign(before, alice, bytes), bytes)
  await before.close()
  await first.stop()

  const second = await startCeph({ dataDir: folders.ceph })
  const after = await startCloud({ dataDir: folders.cloud, s3: second })
  const hashes = await Promise.all((await after.objects()).map((object) => object.sha256()))
  await after.close()
  await second.stop()
  expect([stored.status, hashes]).toEqual([200, [sha256(bytes)]])
})
