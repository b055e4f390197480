import { statfs } from 'node:fs/promises'

/**
 * Linux's numbers of network file systems (linux/magic.h): NFS, SMB, CIFS, SMB2, FUSE, 9P, AFS by OpenAFS and
 * by the kernel, Ceph.
 */
const networkTypes: ReadonlySet<number> = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997, 0x5346414f, 0x6b414653, 0x00c36400,
])

/**
 * Whether a folder is on a drive that does not report changes made by other computers. Detects UNC paths on
 * Windows, but neither mapped drive letters nor network volumes on macOS.
 */
export async function isNetworkDrive(
  folder: string,
  platform: NodeJS.Platform,
  readFileSystem: (folder: string) => Promise<{ readonly type: number }> = statfs,
): Promise<boolean> {
  if (platform === 'win32') return folder.startsWith('\\\\')
  if (platform !== 'linux') return false
  try {
    // On some systems the number is signed.
    return networkTypes.has((await readFileSystem(folder)).type >>> 0)
  } catch {
    return false
  }
}
