import { dirname, parse, sep } from 'node:path'
import { hasModelExtension } from '../../recognition/file-names.ts'
import { genericStems } from '../../recognition/model-groups.ts'
import { isWhole, lookAt } from './file-state.ts'
import { afterLook, looksSame, type Look, type Settling } from './settling.ts'
import { wholeOf, type WeightsOf, type Whole } from './whole-model.ts'

export type SeenFile = Look & { readonly path: string }

/** A model that has arrived as a whole. */
export interface Arrival {
  /** What is handed to the queue: its files, or the folder that they make. */
  readonly queue: readonly string[]
  /** Those of its files that are new. */
  readonly files: readonly SeenFile[]
}

interface ArrivalsOptions {
  /** The watched folder: no model reaches beyond it. */
  readonly root: string
  readonly now: () => number
  readonly weightsOf: WeightsOf
  /** A file that is no news, as it was. */
  readonly known: (path: string) => Look | undefined
}

/** New files of a watched folder, until the whole model to which each belongs has stopped changing. */
export class Arrivals {
  readonly #options: ArrivalsOptions
  readonly #settling = new Map<string, Settling>()
  /** Files that are no models by themselves, such as an index: they are looked at as long as a new model has them. */
  #beside = new Map<string, Settling>()
  /** New files that still changed in the last look. */
  readonly #changing = new Set<string>()
  /** A graph is read once for each look that it has. */
  readonly #weights = new Map<string, Awaited<ReturnType<WeightsOf>>>()

  constructor(options: ArrivalsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#settling.size
  }

  has(path: string): boolean {
    return this.#settling.has(path)
  }

  begin(path: string, { sizeBytes, mtimeMs }: Look): void {
    this.#settling.set(path, { sizeBytes, mtimeMs, sinceMs: this.#options.now() })
  }

  forget(path: string): void {
    this.#settling.delete(path)
  }

  clear(): void {
    this.#settling.clear()
    this.#beside.clear()
    this.#weights.clear()
  }

  /** Looks at each file once more. `heldCount` of them have stopped changing and wait for the rest of their model. */
  async look(): Promise<{ readonly ready: readonly Arrival[]; readonly heldCount: number }> {
    const still = await this.#stillOnes()
    const wholes = new Map<string, Whole>()
    for (const [path, look] of still) {
      const whole = await wholeOf(path, this.#options.root, (graph) => this.#weightsOf(graph, look))
      wholes.set(whole.key, whole)
    }
    const stillCount = still.size
    const beside = new Map<string, Settling>()
    const ready: Arrival[] = []
    for (const whole of wholes.values()) {
      const isStill = await this.#hasStoodStill(whole, still, beside)
      if (!isStill || !whole.isComplete || this.#mayBePart(whole)) continue
      const files = whole.files.flatMap((path) => {
        const look = still.get(path)
        return look ? [{ path, ...look }] : []
      })
      ready.push({ queue: whole.queue, files })
    }
    this.#beside = beside
    const goes = ready.flatMap(({ files }) => files).filter(({ path }) => this.#settling.has(path))
    return { ready, heldCount: stillCount - goes.length }
  }

  async #stillOnes(): Promise<Map<string, Look>> {
    const still = new Map<string, Look>()
    this.#changing.clear()
    for (const [path, before] of this.#settling) {
      const look = await lookAt(path)
      // Removed during the look, for example by a pause: added again here, it would never be begun again.
      if (this.#settling.get(path) !== before) continue
      if (!look) {
        this.#settling.delete(path)
        continue
      }
      const { settling, isStill } = afterLook(before, look, this.#options.now())
      this.#settling.set(path, settling)
      if (!isStill) this.#changing.add(path)
      else if (await isWhole(path)) still.set(path, look)
    }
    return still
  }

  /** Adds to `still` what stands still of a model, and to `beside` what is waited for with it. */
  async #hasStoodStill(
    whole: Whole,
    still: Map<string, Look>,
    beside: Map<string, Settling>,
  ): Promise<boolean> {
    let isStill = true
    for (const path of whole.files) {
      if (still.has(path)) continue
      const [look, known] = [await lookAt(path), this.#options.known(path)]
      const isNoNews = look && known && looksSame(known, look)
      // An empty list of words beside the tensors is as whole as it gets.
      const isEmptyNote = look?.sizeBytes === 0 && !hasModelExtension(path)
      if (isNoNews || isEmptyNote) continue
      if (!look || this.has(path)) {
        isStill = false
        continue
      }
      const after = afterLook(this.#beside.get(path), look, this.#options.now())
      beside.set(path, after.settling)
      if (after.isStill) still.set(path, look)
      else isStill = false
    }
    return isStill
  }

  /** A file that is called what the parts of a diffusers model are called waits while something else arrives around it. */
  #mayBePart({ key, files }: Whole): boolean {
    const isPlain = files.length === 1 && genericStems.test(parse(key).name)
    if (!isPlain || dirname(key) === this.#options.root) return false
    const around = dirname(dirname(key)) + sep
    return [...this.#changing].some((path) => path.startsWith(around))
  }

  async #weightsOf(graph: string, { sizeBytes, mtimeMs }: Look): ReturnType<WeightsOf> {
    const key = `${graph} ${sizeBytes} ${mtimeMs}`
    const kept = this.#weights.get(key)
    if (kept !== undefined) return kept
    const weights = await this.#options.weightsOf(graph)
    this.#weights.set(key, weights)
    return weights
  }
}
