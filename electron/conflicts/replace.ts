import { failed, failure, retryClassOf, success, type Result } from '../contract/failures.ts'
import { freePath } from './free-path.ts'
import { pathKey } from '../contract/library-path.ts'
import type { Replacing } from '../contract/library.ts'
import type { Environment } from '../platform/environment.ts'
import type { Library } from '../library/library.ts'
import type { UploadRecord } from '../journal/upload-record.ts'

/** What taking an older model's place tells of itself; a step that can't be written down is not taken. */
export interface ReplaceReport {
  replacing(replaces: Replacing): Result<void>
  /** The new model is in the library; what becomes of the old one is open. */
  replaced(modelId: string): Result<void>
}

/**
 * Puts a new model in the place of an old one: bytes are fixed, so the new one is stored and registered first, and only then
 * the old one is disabled or deleted. Each step is in the journal before it is taken and may be taken twice, so that whatever
 * ends the process in between, one of the two is in the library, and both only until the next run.
 */
export interface Replacer {
  /**
   * Registers by `register`. A server that takes one model a path refuses while the old one stands there: then that one is
   * moved aside first, and moved back should the new one be refused for good.
   */
  register(
    record: UploadRecord,
    register: () => Promise<Result<string>>,
    report: ReplaceReport,
  ): Promise<Result<string>>
  /** Disables or deletes the old model once the new one is registered. */
  settle(record: UploadRecord, modelId: string, report: ReplaceReport): Promise<Result<void>>
}

export function createReplacer(options: {
  readonly library: Pick<Library, 'models' | 'model' | 'change' | 'remove'>
  readonly environment: Pick<Environment, 'log'>
  /** How the journal has it now: a run's record is as it was when the run began. */
  readonly now: (id: string) => Replacing | undefined
}): Replacer {
  const { library, environment } = options
  const choiceOf = ({ accountId, team }: UploadRecord) => ({ accountId, teamId: team.id })
  const replacedBy = (record: UploadRecord) => options.now(record.id) ?? record.library?.replaces

  async function asideOf(record: UploadRecord, path: string): Promise<string> {
    const listing = await library.models(choiceOf(record), { maxAgeMs: 0 })
    const models = listing.ok ? listing.value.models : []
    const taken = new Set(models.map(({ modelPath }) => pathKey(modelPath ?? '')))
    return freePath(path, (candidate) => taken.has(pathKey(candidate)))
  }

  async function takeBack(record: UploadRecord, { modelId, path }: Replacing): Promise<void> {
    const back = await library.change(choiceOf(record), modelId, { modelPath: path })
    if (!back.ok)
      environment.log.warn('a model that stands aside could not be moved back at once', {
        ...{ model: modelId, code: back.failure.code },
      })
  }

  return {
    async register(record, register, report) {
      const first = await register()
      const replaces = replacedBy(record)
      const isInTheWay = !first.ok && first.failure.code === 'conflict'
      if (!replaces || !isInTheWay) return first
      if (pathKey(replaces.path) !== pathKey(record.target.modelPath)) return first
      const asidePath = replaces.asidePath ?? (await asideOf(record, replaces.path))
      const written = report.replacing({ ...replaces, asidePath })
      if (!written.ok) return written
      const moved = await library.change(choiceOf(record), replaces.modelId, { modelPath: asidePath })
      // One that is gone stands in nobody's way.
      if (!moved.ok && moved.failure.code !== 'not-found') {
        if (retryClassOf(moved.failure) !== 'never') return moved
        // It stands where it stood. Where the server can't move it, another path may be chosen.
        report.replacing(replaces)
        return moved.failure.code === 'bad-request' ? first : moved
      }
      const again = await register()
      if (!again.ok && retryClassOf(again.failure) === 'never') {
        await takeBack(record, replaces)
        // That it stands aside no more makes it the sweeper's: where it does all the same, it is moved back later.
        report.replacing({ ...replaces, asidePath: null })
      }
      return again
    },
    async settle(record, modelId, report) {
      const replaces = replacedBy(record)
      if (!replaces || replaces.modelId === modelId) return success(undefined)
      // The new one went elsewhere: nothing took that model's place.
      if (pathKey(replaces.path) !== pathKey(record.target.modelPath)) return success(undefined)
      const written = report.replaced(modelId)
      if (!written.ok) return written
      const { name, fate, path, asidePath } = replaces
      const now = await library.model(choiceOf(record), replaces.modelId)
      if (!now.ok && now.failure.code === 'not-found') return success(undefined)
      if (!now.ok && retryClassOf(now.failure) !== 'never') return now
      const standsAt = now.ok ? now.value.modelPath : null
      // Somebody has moved it out of the way since: it is in use elsewhere, and nobody's to remove.
      if (standsAt !== null && standsAt !== path && standsAt !== asidePath) return success(undefined)
      const done = await (fate === 'delete'
        ? library.remove(choiceOf(record), replaces.modelId)
        : library.change(choiceOf(record), replaces.modelId, { status: 'disabled' }))
      // One that is gone has been dealt with, by an earlier run or by somebody else.
      if (done.ok || done.failure.code === 'not-found') return success(undefined)
      if (retryClassOf(done.failure) !== 'never') return done
      const { detail } = done.failure
      return failed(failure('old-model-stays', { name, fate, path: asidePath ?? path }, { detail }))
    },
  }
}
