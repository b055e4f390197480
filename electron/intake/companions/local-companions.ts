import { realpath } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { ModelFinder } from '../../discovery/places/model-finder.ts'
import { findDiffusersRoots } from '../../discovery/scan/diffusers-root.ts'
import type { LocalModel } from '../../discovery/scan/walk-models.ts'
import type { Environment } from '../../platform/environment.ts'
import { typesOf } from '../../recognition/companions/companion-needs.ts'
import { toNameText, type Companion } from '../../recognition/companions/companion-parts.ts'
import { extensionOf } from '../../recognition/file-names.ts'
import type { FileToInspect, Inspection } from '../../recognition/found-file.ts'
import { parseShardName } from '../../recognition/model-groups.ts'
import type { CompanionOffers } from './companion-offers.ts'

interface LocalCompanionsOptions {
  readonly finder: Pick<ModelFinder, 'findModels' | 'displayPath'>
  readonly inspect: (file: FileToInspect) => Promise<Inspection>
  readonly offers: CompanionOffers
  readonly environment: Environment
  /** Offers were added. */
  readonly onFound: () => void
}

/** A search is not repeated within this time, in ms. */
const validForMs = 5 * 60_000
/** Headers read in one search; files with a matching name come first. */
const maxInspected = 300
/** Files that are dropped meanwhile have to wait for this many headers at most. */
const inspectConcurrency = 2
/** Formats whose header shows what they are without reading anything else. */
const extensions: ReadonlySet<string> = new Set(['.safetensors', '.sft', '.gguf'])

/** Searches this computer for companions in the background, one search at a time. */
export class LocalCompanions {
  readonly #options: LocalCompanionsOptions
  /** When what was searched, by companion and folder. */
  readonly #searchedAtMs = new Map<string, number>()
  /** Versions of files whose headers were read. */
  readonly #inspected = new Set<string>()
  #running: Promise<void> = Promise.resolve()
  /** Aborts the present searches. */
  #searches = new AbortController()
  #isClosed = false

  constructor(options: LocalCompanionsOptions) {
    this.#options = options
  }

  /**
   * Searches the folders of files that need companions, the model folders beside them, and the usual places of
   * other programs. Resolves once this and all earlier searches have ended; never rejects.
   */
  search(companions: readonly Companion[], folders: readonly string[]): Promise<void> {
    const { environment } = this.#options
    const keys = companions.flatMap(({ role, base, usualName }) =>
      folders.map((folder) => `${role} ${base} ${usualName} ${folder}`),
    )
    const nowMs = environment.monotonicMs()
    const isNew = keys.some((key) => nowMs - (this.#searchedAtMs.get(key) ?? -Infinity) >= validForMs)
    if (!isNew || this.#isClosed) return this.#running
    for (const key of keys) this.#searchedAtMs.set(key, nowMs)
    const { signal } = this.#searches
    this.#running = this.#running.then(() => this.#search(companions, folders, signal))
    return this.#running
  }

  /** Forgets what was found and searched, also by searches that still run: a user has signed out. */
  clear(): void {
    this.#searches.abort()
    this.#searches = new AbortController()
    this.#searchedAtMs.clear()
    this.#inspected.clear()
    this.#options.offers.clear()
  }

  close(): void {
    this.#isClosed = true
    this.#searches.abort()
  }

  async #search(
    companions: readonly Companion[],
    folders: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    if (signal.aborted) return
    const { finder, environment, onFound } = this.#options
    const modelTypes = [...new Set(companions.flatMap(({ role }) => typesOf(role)))]
    let leftCount = maxInspected
    let isNear = true
    try {
      await finder.findModels(folders, modelTypes, async (models) => {
        if (signal.aborted) return
        const candidates = await this.#candidatesAmong(models, companions, modelTypes)
        const chosen = candidates.slice(0, leftCount)
        leftCount -= chosen.length
        await this.#inspectAll(chosen, isNear, signal)
        isNear = false
        if (chosen.length > 0 && !signal.aborted) onFound()
      })
    } catch (error) {
      environment.log.error('companions could not be searched', { error: String(error) })
    }
  }

  /** Files whose folder and name allow that they are one of the companions, those with a usual name first. */
  async #candidatesAmong(
    models: readonly LocalModel[],
    companions: readonly Companion[],
    modelTypes: readonly string[],
  ): Promise<readonly LocalModel[]> {
    const possible = models.filter(
      (model) =>
        extensions.has(extensionOf(model.path)) &&
        (model.modelType === null || modelTypes.includes(model.modelType)) &&
        parseShardName(basename(model.path)) === null &&
        !this.#inspected.has(versionOf(model)),
    )
    // Parts of a diffusers model are not published as files of their own.
    const roots = await findDiffusersRoots(possible.map(({ path }) => path))
    const hasUsualName = ({ path }: LocalModel) =>
      companions.some(({ names }) => names?.test(toNameText(basename(path))))
    return possible
      .filter(({ path }) => roots.get(path) === path)
      .sort((one, other) => Number(hasUsualName(other)) - Number(hasUsualName(one)))
  }

  async #inspectAll(models: readonly LocalModel[], isNear: boolean, signal: AbortSignal): Promise<void> {
    const waiting = [...models]
    const inspectNext = async (): Promise<void> => {
      for (let model = waiting.shift(); model && !signal.aborted; model = waiting.shift())
        await this.#inspect(model, isNear, signal)
    }
    await Promise.all(Array.from({ length: inspectConcurrency }, inspectNext))
  }

  async #inspect(model: LocalModel, isNear: boolean, signal: AbortSignal): Promise<void> {
    const { inspect, offers, finder } = this.#options
    const { path, sizeBytes, searchedFolder } = model
    this.#inspected.add(versionOf(model))
    const realPath = await realpath(path).catch(() => path)
    const { recognition, failure } = await inspect({
      path: realPath,
      name: basename(path),
      place: dirname(path),
      folder: '',
      isHeaderOnly: true,
    })
    if (failure !== null || signal.aborted) return
    const where = finder.displayPath(dirname(path))
    offers.add({ path, where, sizeBytes, searchedFolder, recognition, isNear })
  }
}

/** Changes when the file does. */
const versionOf = ({ path, sizeBytes, mtimeMs }: LocalModel) => `${sizeBytes} ${mtimeMs} ${path}`
