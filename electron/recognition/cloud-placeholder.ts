import type { BigIntStats } from 'node:fs'

/** A file of fewer bytes may lie in its own directory entry and take no block though it is there. */
const leastBytes = 64n * 1024n

/**
 * Whether a file is only in a cloud drive: OneDrive and iCloud show it with its size while it takes no room on the disk, and
 * reading it would fetch all of it. On Linux a file without blocks is one that was never filled, which its bytes tell.
 */
export function isOnlyInCloud({ size, blocks }: BigIntStats, platform: NodeJS.Platform): boolean {
  return (platform === 'win32' || platform === 'darwin') && size >= leastBytes && blocks === 0n
}
