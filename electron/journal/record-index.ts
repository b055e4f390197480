import { pathKey } from '../contract/library-path.ts'
import { MultiMap } from '../platform/multi-map.ts'
import type { UploadRecord } from './upload-record.ts'

const modelKeyOf = ({ seen }: UploadRecord) => seen?.group?.key ?? null

/** Whether two records of an upload are found by the same values. */
export const areIndexedAlike = (one: UploadRecord, other: UploadRecord): boolean =>
  one.identity.sizeBytes === other.identity.sizeBytes &&
  one.target.modelPath === other.target.modelPath &&
  modelKeyOf(one) === modelKeyOf(other)

/**
 * Finds items by what uploads are compared by: searching all of them for each upload takes too long with ten
 * thousand.
 */
export class RecordIndex<Item> {
  readonly #bySize = new MultiMap<number, Item>()
  readonly #byPath = new MultiMap<string, Item>()
  readonly #byModel = new MultiMap<string, Item>()

  ofSize(sizeBytes: number): readonly Item[] {
    return this.#bySize.get(sizeBytes)
  }

  /** Those to a library path, without regard to case. */
  toPath(path: string): readonly Item[] {
    return this.#byPath.get(pathKey(path))
  }

  /** Those of the files of a multi-file model. */
  ofModel(modelKey: string): readonly Item[] {
    return this.#byModel.get(modelKey)
  }

  add(record: UploadRecord, item: Item): void {
    this.#bySize.add(record.identity.sizeBytes, item)
    this.#byPath.add(pathKey(record.target.modelPath), item)
    const model = modelKeyOf(record)
    if (model !== null) this.#byModel.add(model, item)
  }

  /** `record` is the one that the item was added with. */
  delete(record: UploadRecord, item: Item): void {
    this.#bySize.delete(record.identity.sizeBytes, item)
    this.#byPath.delete(pathKey(record.target.modelPath), item)
    const model = modelKeyOf(record)
    if (model !== null) this.#byModel.delete(model, item)
  }
}
