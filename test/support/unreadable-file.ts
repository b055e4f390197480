import { statSync } from 'node:fs'
import { identityOf } from '../../electron/platform/files/file-identity.ts'

/**
 * A regular file that can be opened, but whose reads fail with EIO, like those of a disk that is waking: the first
 * page of this process's memory is not mapped (proc_pid_mem(5)). Only Linux has such a file.
 */
export function unreadableFile() {
  const path = '/proc/self/mem'
  return { path, identity: identityOf(statSync(path, { bigint: true })) }
}
