import { accessSync, constants, existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { createPrivateFile, hostLockFile, protectDataFolder } from '../platform/files/data-folder.ts'
import { extendedSqliteCode, sqliteCode } from '../platform/files/sqlite-code.ts'
import { readHost } from './host-file.ts'

/** Another process hosts the uploads of the data folder. */
export class HostInUseError extends Error {}

/** The file system of the data folder can't lock files. */
export class NoLocksError extends Error {}

/** Makes this process the only one that uses the uploads of a data folder. */
export interface HostLock {
  release(): void
}

/** Locks last as long as their connections, which would be closed if they were collected as garbage. */
const held = new Set<DatabaseSync>()

/**
 * Makes this process the only host of a data folder, until it ends or releases the lock. SQLite locks
 * the file by a lock of the operating system, which even a killed process doesn't keep.
 *
 * Nothing else in this process may open the file: closing it would release the lock (fcntl(2)).
 * @throws {HostInUseError}
 * @throws {NoLocksError}
 * @throws if the file can't be created or written, or belongs to another user
 */
export function takeHostLock(home: string): HostLock {
  protectDataFolder(home)
  const file = join(home, hostLockFile)
  if (!existsSync(file)) createPrivateFile(file)
  // SQLite would only take a shared lock of a file that it can't write.
  accessSync(file, constants.W_OK)
  const database = new DatabaseSync(addressOf(file), { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    throw reasonOf(error, home)
  }
  held.add(database)
  return {
    release() {
      held.delete(database)
      if (database.isOpen) database.close()
    },
  }
}

/**
 * On macOS, SQLite would lock a file on some network volumes by another file, which a killed process leaves behind, or
 * not at all (sqlite.org/vfs.html).
 */
function addressOf(file: string): URL | string {
  if (process.platform !== 'darwin') return file
  const address = pathToFileURL(file)
  address.searchParams.set('vfs', 'unix-posix')
  return address
}

/** SQLITE_BUSY is 5, SQLITE_IOERR_RDLOCK 2314, SQLITE_IOERR_LOCK 3850 (sqlite.org/rescode.html). */
function reasonOf(error: unknown, home: string): unknown {
  const extended = extendedSqliteCode(error)
  if (extended === 2314 || extended === 3850) return new NoLocksError(String(error))
  if (sqliteCode(error) !== 5) return error
  const host = readHost(home)
  return new HostInUseError(host ? `PID ${host.pid}, ${host.computer}` : join(home, hostLockFile))
}
