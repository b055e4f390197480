import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startCeph } from '../../cloud/ceph/ceph.ts'

test('names the command that installs Ceph when it is missing', async () => {
  const emptyFolder = mkdtempSync(join(tmpdir(), 'no-ceph-'))
  const { PATH } = process.env
  process.env['PATH'] = emptyFolder
  try {
    await expect(startCeph()).rejects.toThrow('apt-get install -y --no-install-recommends radosgw')
  } finally {
    process.env['PATH'] = PATH
    rmSync(emptyFolder, { recursive: true })
  }
})
