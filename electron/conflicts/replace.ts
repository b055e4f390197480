import type { TeamChoice } from '../contract/account.ts'
import { failed, failure, retryClassOf, success, type Result } from '../contract/failures.ts'
import { pathKey } from '../contract/library-path.ts'
import type { ReplacedModel } from '../contract/library.ts'
import type { DisplacedModel } from '../journal/displaced-models.ts'
import type { UploadRecord } from '../journal/upload-record.ts'
import type { Library } from '../library/library.ts'
import type { Environment, Log } from '../platform/environment.ts'
import { freePath } from './free-path.ts'

/** Reports the steps of a replacement. A step that can't be written to the journal is not taken. */
export interface ReplaceReport {
  replacing(replaces: ReplacedModel): Result<void>
  /** The new model is registered; the old one is still to be disabled or deleted. */
  replaced(modelId: string): Result<void>
}

/**
 * Replaces a model by a new one. The new model is stored and registered first, and only then the old one is
 * disabled or deleted. Each step is written to the journal before it is taken and can be repeated, so that an
 * interrupted replacement leaves at least one of the two models in the library.
 */
export interface Replacer {
  /**
   * Registers by `register`. If the server allows one model per path and refuses, the old model is moved to
   * another path first, and moved back if the new one is refused for good.
   */
  register(
    record: UploadRecord,
    register: () => Promise<Result<string>>,
    report: ReplaceReport,
  ): Promise<Result<string>>
  /** Disables or deletes the old model once the new one is registered. */
  settle(record: UploadRecord, modelId: string, report: ReplaceReport): Promise<Result<void>>
}

const choiceOf = ({ accountId, team }: UploadRecord): TeamChoice => ({ accountId, teamId: team.id })

export function createReplacer(options: {
  readonly library: Pick<Library, 'models' | 'model' | 'change' | 'remove'>
  readonly environment: Environment
  /** The replacement as the journal has it now; a run's record is as old as the run. */
  readonly now: (id: string) => ReplacedModel | undefined
}): Replacer {
  const { library, environment } = options
  const replacementOf = (record: UploadRecord) => options.now(record.id) ?? record.library?.replaces

  async function freePathFor(record: UploadRecord, path: string): Promise<string> {
    const listing = await library.models(choiceOf(record), { maxAgeMs: 0 })
    const models = listing.ok ? listing.value.models : []
    const taken = new Set(models.map(({ modelPath }) => pathKey(modelPath ?? '')))
    return freePath(path, (candidate) => taken.has(pathKey(candidate)))
  }

  async function moveBack(record: UploadRecord, { modelId, path }: ReplacedModel): Promise<void> {
    const moved = await library.change(choiceOf(record), modelId, { modelPath: path })
    if (!moved.ok)
      environment.log.warn('a displaced model could not be moved back at once', {
        model: modelId,
        code: moved.failure.code,
      })
  }

  async function disableOrDelete(record: UploadRecord, replaces: ReplacedModel): Promise<Result<void>> {
    const { modelId, name, fate, path, asidePath } = replaces
    const current = await library.model(choiceOf(record), modelId)
    if (!current.ok && current.failure.code === 'not-found') return success(undefined)
    if (!current.ok && retryClassOf(current.failure) !== 'never') return current
    const currentPath = current.ok ? current.value.modelPath : null
    // Another user has moved it meanwhile, so it is in use at the other path.
    if (currentPath !== null && currentPath !== path && currentPath !== asidePath) return success(undefined)
    const done =
      fate === 'delete'
        ? await library.remove(choiceOf(record), modelId)
        : await library.change(choiceOf(record), modelId, { status: 'disabled' })
    // An earlier run or another user has deleted it.
    if (done.ok || done.failure.code === 'not-found') return success(undefined)
    if (retryClassOf(done.failure) !== 'never') return done
    const { detail, serverMessage } = done.failure
    const extras = { detail, serverMessage }
    return failed(failure('old-model-stays', { name, fate, path: asidePath ?? path }, extras))
  }

  return {
    async register(record, register, report) {
      const first = await register()
      const replaces = replacementOf(record)
      if (first.ok || first.failure.code !== 'conflict' || !replaces) return first
      if (pathKey(replaces.path) !== pathKey(record.target.modelPath)) return first
      const asidePath = replaces.asidePath ?? (await freePathFor(record, replaces.path))
      const written = report.replacing({ ...replaces, asidePath })
      if (!written.ok) return written
      const moved = await library.change(choiceOf(record), replaces.modelId, { modelPath: asidePath })
      // A deleted model no longer occupies the path.
      if (!moved.ok && moved.failure.code !== 'not-found') {
        if (retryClassOf(moved.failure) !== 'never') return moved
        // The old model was not moved. If the server can't move models, the user can choose another path.
        report.replacing(replaces)
        return moved.failure.code === 'bad-request' ? first : moved
      }
      const second = await register()
      if (!second.ok && retryClassOf(second.failure) === 'never') {
        await moveBack(record, replaces)
        // Without this path the journal lists the model as displaced, so that a failed move is repeated
        // later.
        report.replacing({ ...replaces, asidePath: null })
      }
      return second
    },
    async settle(record, modelId, report) {
      const replaces = replacementOf(record)
      if (!replaces || replaces.modelId === modelId) return success(undefined)
      // The new model has another path, so it replaces nothing.
      if (pathKey(replaces.path) !== pathKey(record.target.modelPath)) return success(undefined)
      const written = report.replaced(modelId)
      return written.ok ? disableOrDelete(record, replaces) : written
    },
  }
}

/**
 * Moves a displaced model back to its path. `done`: nothing is left to do. `later`: the failure is temporary.
 * `stuck`: it is not, and the next start tries again.
 */
export async function restoreDisplacedModel(
  { modelId, path, displacedPath }: DisplacedModel,
  choice: TeamChoice,
  { library, log }: { readonly library: Pick<Library, 'model' | 'change'>; readonly log: Log },
): Promise<'done' | 'later' | 'stuck'> {
  const current = await library.model(choice, modelId)
  // A model that was never moved, or was moved again by another user, stays where it is.
  if (current.ok && current.value.modelPath !== displacedPath) return 'done'
  const moved = current.ok ? await library.change(choice, modelId, { modelPath: path }) : current
  if (moved.ok || moved.failure.code === 'not-found') return 'done'
  log.warn('a displaced model could not be moved back yet', {
    model: modelId,
    path,
    displacedPath,
    code: moved.failure.code,
  })
  return retryClassOf(moved.failure) === 'later' ? 'later' : 'stuck'
}
