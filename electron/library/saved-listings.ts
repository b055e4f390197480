import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import * as v from 'valibot'
import type { LibraryModel } from '../contract/library.ts'
import type { Environment } from '../platform/environment.ts'
import { isMissing } from '../platform/files/path-exists.ts'
import { openRegularFile } from '../platform/files/regular-file.ts'
import { smallLibrarySize, type KnownListing } from './list-models.ts'
import type { ListingFile } from './listing-cache.ts'

/** Increased when the file format changes; files of another version are ignored. */
const version = 1

const header = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    version: v.literal(version),
    count: v.number(),
    listedAtMs: v.number(),
    completeAtMs: v.number(),
    unlistedCount: v.nullable(v.number()),
    continuesAt: v.nullable(v.object({ page: v.number(), received: v.number() })),
  }),
)
const text = v.nullable(v.string())
const modelLine = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    id: v.string(),
    displayName: v.string(),
    modelType: v.string(),
    modelPath: text,
    sizeBytes: v.nullable(v.number()),
    sha256: text,
    status: v.string(),
    createdAtMs: v.nullable(v.number()),
    storageKey: text,
  }),
)

/** The user and team whose library it is. */
export interface LibraryOwner {
  readonly server: string
  readonly personId: string
  readonly teamId: string
}

/**
 * Keeps the listings of large libraries in files, one per user and team, so that a new process need not request
 * hundreds of pages. They are caches: a file that is missing, damaged or of another version is requested again.
 */
export interface SavedListings {
  fileOf(owner: LibraryOwner): ListingFile
  /** Resolves once everything that was saved has been written. */
  written(): Promise<void>
  /** Deletes the listings of a user's teams. */
  forget(person: Person): Promise<void>
}

/** A user and a server. */
type Person = Omit<LibraryOwner, 'teamId'>

/**
 * @param folder created when the first listing is written
 * @param hasLeft whether the user has signed out
 */
export function createSavedListings(
  folder: string,
  environment: Pick<Environment, 'log'>,
  hasLeft: (person: Person) => boolean,
): SavedListings {
  const { log } = environment
  const writes = new Set<Promise<void>>()

  async function write(owner: LibraryOwner, file: string, listing: KnownListing): Promise<void> {
    const temporary = `${file}.${process.pid}.tmp`
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeListing(temporary, listing)
      await rename(temporary, file)
      // A sign-out is stored before its process deletes the files, so one of the two deletes this one.
      if (hasLeft(owner)) await rm(file, { force: true })
    } catch (error) {
      log.warn('the listing of a library could not be written', { error: String(error) })
      await rm(temporary, { force: true }).catch(() => {})
    }
  }

  return {
    fileOf(owner) {
      const file = join(folder, `${nameOf(owner.server, owner.personId)}-${nameOf(owner.teamId)}.jsonl`)
      let writing: Promise<void> | null = null
      let latest: KnownListing | null = null

      async function writeLatest(): Promise<void> {
        while (latest !== null) {
          const listing = latest
          latest = null
          await write(owner, file, listing)
        }
        writing = null
      }

      return {
        async load() {
          try {
            return await readListing(file)
          } catch (error) {
            if (!isMissing(error))
              log.warn('the listing of a library could not be read', { error: String(error) })
            return null
          }
        },
        save(listing) {
          if (listing.models.size <= smallLibrarySize) return
          latest = listing
          if (writing) return
          const work = (writing = writeLatest())
          writes.add(work)
          void work.finally(() => writes.delete(work))
        },
      }
    },
    written: async () => void (await Promise.all(writes)),
    async forget({ server, personId }) {
      await Promise.all(writes)
      const names = await readdir(folder).catch(() => [])
      const own = names.filter((name) => name.startsWith(`${nameOf(server, personId)}-`))
      await Promise.all(own.map((name) => rm(join(folder, name), { force: true })))
    },
  }
}

/** A file name that reveals nothing about the user or team. */
const nameOf = (...parts: readonly string[]) =>
  createHash('sha256').update(parts.join(' ')).digest('hex').slice(0, 32)

function* linesOf({ models, ...rest }: KnownListing): Generator<string> {
  yield `${JSON.stringify({ version, count: models.size, ...rest })}\n`
  for (const model of models.values()) yield `${JSON.stringify(model)}\n`
}

/** Writes only as fast as the disk takes it, so that the main thread is not blocked. */
async function writeListing(file: string, listing: KnownListing): Promise<void> {
  await pipeline(Readable.from(linesOf(listing)), createWriteStream(file, { mode: 0o600 }))
}

/** @throws if the file can't be read, or is damaged */
async function readListing(file: string): Promise<KnownListing> {
  const handle = await openRegularFile(file)
  try {
    let known: v.InferOutput<typeof header> | null = null
    const models = new Map<string, LibraryModel>()
    for await (const line of handle.readLines()) {
      if (known === null) known = v.parse(header, line)
      else {
        const model = v.parse(modelLine, line)
        models.set(model.id, model)
      }
    }
    if (known === null || known.count !== models.size) throw new Error('the file is incomplete')
    const { listedAtMs, completeAtMs, unlistedCount, continuesAt } = known
    return { models, listedAtMs, completeAtMs, unlistedCount, continuesAt }
  } finally {
    await handle.close()
  }
}
