import { closeSync, constants, openSync, readdirSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'

/** Of a copy of a damaged journal, in bytes. */
const fileBytesPerPart = 500_000

/** A part of a file in the data folder, from `offset` in bytes. */
export const filePart = v.object({ name: v.string(), offset: v.number(), base64: v.string() })
export type FilePart = v.InferOutput<typeof filePart>

/** Copies of damaged journals and of their logs (journal-file.ts). */
const damagedJournal = /^journal\.sqlite\.damaged-[\w-]+$/

/** Passes the copies of damaged journals to `keep` in parts; returns their paths. */
export function takeDamagedJournals(folder: string, keep: (part: FilePart) => void): readonly string[] {
  const names = readdirSync(folder).filter((name) => damagedJournal.test(name))
  const buffer = Buffer.alloc(fileBytesPerPart)
  for (const name of names) {
    const file = openSync(join(folder, name), 'r')
    try {
      for (let offset = 0, read = -1; read !== 0; offset += read) {
        read = readSync(file, buffer, 0, buffer.length, offset)
        if (read > 0) keep({ name, offset, base64: buffer.toString('base64', 0, read) })
      }
    } finally {
      closeSync(file)
    }
  }
  return names.map((name) => join(folder, name))
}

/** Writes a part of a copy of a damaged journal back into the data folder; returns its path. */
export function writeDamagedJournal(folder: string, { name, offset, base64 }: FilePart): string {
  const path = join(folder, name)
  if (!damagedJournal.test(name)) return path
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600)
  try {
    writeSync(file, Buffer.from(base64, 'base64'), 0, null, offset)
  } finally {
    closeSync(file)
  }
  return path
}
