import { chmodSync, closeSync, lstatSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'

/** Access for the owner only. */
const privateFolder = 0o700
const privateFile = 0o600
/** The permission bits of group and others. */
const othersBits = 0o077
/** Of a folder that several users share, such as `/tmp`. */
const stickyBit = 0o1000

/** The journal, the settings, and copies of damaged ones. The permissions of other files stay. */
const ourFile = /^(?:journal\.sqlite|settings\.|window\.)/

/**
 * Creates the data folder so that only its owner has access. Other users lose their access to an existing
 * folder and its files. Windows protects the user's folders by itself.
 * @throws if the folder can't be created or read
 */
export function protectDataFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: privateFolder })
  if (process.platform === 'win32') return
  const { mode, uid } = statSync(folder)
  const isShared = (mode & stickyBit) !== 0 || resolve(folder) === homedir()
  if (!isShared && uid === process.getuid?.()) removeOthersAccess(folder, mode)
  for (const name of readdirSync(folder)) {
    if (!ourFile.test(name)) continue
    const file = join(folder, name)
    const found = lstatSync(file, { throwIfNoEntry: false })
    if (found?.isFile()) removeOthersAccess(file, found.mode)
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
