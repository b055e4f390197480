import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isNetworkDrive } from '../../../../electron/discovery/watched-folders/network-drive.ts'

/** From Linux, include/uapi/linux/magic.h. */
const types = [
  ['NFS_SUPER_MAGIC', 0x6969, true],
  ['SMB_SUPER_MAGIC', 0x517b, true],
  ['CIFS_SUPER_MAGIC', 0xff534d42, true],
  ['SMB2_SUPER_MAGIC', 0xfe534d42, true],
  ['FUSE_SUPER_MAGIC', 0x65735546, true],
  ['V9FS_MAGIC', 0x01021997, true],
  ['AFS_SUPER_MAGIC', 0x5346414f, true],
  ['AFS_FS_MAGIC', 0x6b414653, true],
  ['CEPH_SUPER_MAGIC', 0x00c36400, true],
  ['EXT4_SUPER_MAGIC', 0xef53, false],
  ['BTRFS_SUPER_MAGIC', 0x9123683e, false],
  ['XFS_SUPER_MAGIC', 0x58465342, false],
  ['F2FS_SUPER_MAGIC', 0xf2f52010, false],
  ['TMPFS_MAGIC', 0x01021994, false],
  ['OVERLAYFS_SUPER_MAGIC', 0x794c7630, false],
  ['MSDOS_SUPER_MAGIC', 0x4d44, false],
  ['EXFAT_SUPER_MAGIC', 0x2011bab0, false],
] as const

test.each(types)('detects %s by its number, signed or unsigned', async (_name, type, isNetwork) => {
  // With a 32-bit long, large numbers are negative.
  for (const number of [type, type | 0]) {
    expect(await isNetworkDrive('/mnt', 'linux', async () => ({ type: number }))).toBe(isNetwork)
  }
})

test('reports no network drive for a missing folder', async () => {
  expect(await isNetworkDrive(join(tmpdir(), 'modelferry-missing', 'folder'), 'linux')).toBe(false)
})

test('decides by the path alone on Windows, and never detects one on macOS', async () => {
  const notCalled = () => Promise.reject(new Error('called'))
  const shared = '\\\\server\\models'
  expect(await isNetworkDrive(shared, 'win32', notCalled)).toBe(true)
  expect(await isNetworkDrive('Z:\\models', 'win32', notCalled)).toBe(false)
  const network = async () => ({ type: 0x6969 })
  expect(await isNetworkDrive('/Volumes/models', 'darwin', network)).toBe(false)
  expect(await isNetworkDrive(shared, 'linux', async () => ({ type: 0xef53 }))).toBe(false)
})
