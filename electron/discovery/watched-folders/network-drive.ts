import { statfs } from 'node:fs/promises'

/**
 * File systems of other computers, by the number that Linux gives them (linux/magic.h): NFS, SMB, CIFS, SMB2, FUSE, 9P, AFS as
 * OpenAFS has it and as the kernel has it, Ceph.
 */
const networkTypes: ReadonlySet<number> = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997, 0x5346414f, 0x6b414653, 0x00c36400,
])

/**
 * Whether a folder lies on a drive that tells nothing of what others change in it. Windows' own network paths begin with two
 * backslashes; a letter that stands for one, and a mac's volume, can't be told from here.
 */
export async function isNetworkDrive(
  folder: string,
  platform: NodeJS.Platform,
  facts: (folder: string) => Promise<{ readonly type: number }> = statfs,
): Promise<boolean> {
  if (platform === 'win32') return folder.startsWith('\\\\')
  if (platform !== 'linux') return false
  try {
    // The kernel's number is signed on some systems.
    return networkTypes.has((await facts(folder)).type >>> 0)
  } catch {
    return false
  }
}
