import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pathExists } from './path-exists.ts'

/** The names in a folder, as they are and in lower case. */
interface Listing {
  readonly mtimeNs: bigint
  readonly names: ReadonlySet<string>
  readonly byLowerCase: ReadonlyMap<string, string>
}

/** Of the folders that were used last. */
const listings = new Map<string, Listing>()
const maxListings = 16
/**
 * A later change can leave the time of modification as it was: file systems count in steps of up to 2 s (FAT).
 * A folder that was changed within this time, in ms, is not kept.
 */
const settledAfterMs = 3_000

/**
 * Which of these names exist in a folder, spelled as they are there. One request tells whether the folder has
 * changed; a request for each name of each file took a third of the time of adding 10,000 files. Never rejects.
 */
export async function existingNames(folder: string, wanted: readonly string[]): Promise<readonly string[]> {
  const listing = await sharedListingOf(folder)
  if (listing)
    return wanted.flatMap((name) => {
      const found = listing.names.has(name) ? name : listing.byLowerCase.get(name.toLowerCase())
      return found === undefined ? [] : [found]
    })
  const exist = await Promise.all(wanted.map((name) => pathExists(join(folder, name))))
  return wanted.filter((_name, index) => exist[index])
}

/** Requests of folders that are under way: files that are inspected at the same time are often in one. */
const pending = new Map<string, Promise<Listing | null>>()

function sharedListingOf(folder: string): Promise<Listing | null> {
  const request = pending.get(folder) ?? listingOf(folder).finally(() => pending.delete(folder))
  pending.set(folder, request)
  return request
}

/** Null if the folder can't be listed, or was changed a moment ago. */
async function listingOf(folder: string): Promise<Listing | null> {
  try {
    const { mtimeNs } = await stat(folder, { bigint: true })
    const kept = listings.get(folder)
    if (kept?.mtimeNs === mtimeNs) return kept
    if (Math.abs(Date.now() - Number(mtimeNs / 1_000_000n)) < settledAfterMs) return null
    const names = await readdir(folder)
    const listing = {
      mtimeNs,
      names: new Set(names),
      byLowerCase: new Map(names.map((name) => [name.toLowerCase(), name])),
    }
    listings.delete(folder)
    listings.set(folder, listing)
    const [oldest] = listings.keys()
    if (listings.size > maxListings && oldest !== undefined) listings.delete(oldest)
    return listing
  } catch {
    return null
  }
}
