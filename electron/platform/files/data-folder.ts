import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  type Stats,
} from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'

/** Access for the owner only. */
const privateFolder = 0o700
const privateFile = 0o600
/** The permission bits of group and others. */
const othersBits = 0o077
/** The bit of a folder that several users share, such as `/tmp`. */
const stickyBit = 0o1000

/** Locked by the process that hosts the uploads (host/host-lock.ts), and never opened otherwise. */
export const hostLockFile = 'host.lock'
/** The lock, the journal, the settings, and copies of damaged ones. */
const ourFile = /^(?:host\.lock|journal\.sqlite|settings\.|window\.)/
/** Folders in which everything is of the app. */
const ourFolder = /^(?:logs|libraries|run)$/
/** Other entries of a data folder: of the app, and of Chromium. */
const ourEntry =
  /^(?:app-update\.json|browser|Crashpad|Dictionaries|DevToolsActivePort|Singleton\w+|\.DS_Store)$/

/** The data folder or a file in it belongs to another user, who could replace or prepare it. */
export class OtherOwnerError extends Error {}

/**
 * Creates the data folder so that only its owner has access. Other users lose their access to the files of an
 * existing folder, and to the folder if nothing else is in it. On Windows, the system protects the user's folders.
 * @throws if the folder can't be created or read, or if it or anything of ours in it belongs to another user, as does
 * a link or what it leads to; root may use any
 */
export function protectDataFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: privateFolder })
  if (process.platform === 'win32') return
  refuseOtherOwner(folder)
  const { mode, uid } = statSync(folder)
  const names = readdirSync(folder)
  const isShared = (mode & stickyBit) !== 0 || resolve(folder) === homedir()
  const isOurs = (name: string) => [ourFile, ourFolder, ourEntry].some((names) => names.test(name))
  const isOwn = names.every(isOurs)
  if (!isShared && isOwn && uid === process.getuid?.()) removeOthersAccess(folder, mode)
  for (const name of names.filter(isOurs)) {
    const path = join(folder, name)
    const found = refuseForeignEntries(path, ourFolder.test(name))
    if (ourFile.test(name) && found?.isFile()) removeOthersAccess(path, found.mode)
  }
}

/** Not `readdirSync` with `recursive`, which follows links. */
function refuseForeignEntries(path: string, isOurFolder: boolean): Stats | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found) return undefined
  refuseOtherOwner(path)
  if (isOurFolder && found.isDirectory())
    for (const name of readdirSync(path)) refuseForeignEntries(join(path, name), true)
  return found
}

/** The administrator may use the folder of a user, such as a volume of a container. */
function refuseOtherOwner(path: string): void {
  for (const read of [lstatSync, statSync]) {
    const ownUid = process.getuid?.()
    const uid = read(path, { throwIfNoEntry: false })?.uid ?? 0
    if (uid !== ownUid && uid !== 0 && ownUid !== 0)
      throw new OtherOwnerError(`${path} belongs to the user with the ID ${uid}`)
  }
}

/**
 * The same for a folder that is only read: it is not created, and stays as it is if that is not possible.
 * @throws {OtherOwnerError} as above
 */
export function protectExistingDataFolder(folder: string): void {
  if (!existsSync(folder)) return
  try {
    protectDataFolder(folder)
  } catch (error) {
    // Reading it reports other errors.
    if (error instanceof OtherOwnerError) throw error
  }
}

/**
 * Creates an empty file that only its owner can read; an existing one stays.
 * @throws if it can't be created
 */
export function createPrivateFile(file: string): void {
  closeSync(openSync(file, 'a', privateFile))
}

function removeOthersAccess(path: string, mode: number): void {
  if ((mode & othersBits) === 0) return
  try {
    chmodSync(path, mode & 0o7777 & ~othersBits)
  } catch {
    // Of another user, or on a file system without permissions: the folder is still usable.
  }
}
