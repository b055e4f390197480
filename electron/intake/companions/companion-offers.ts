import { createHash } from 'node:crypto'
import { basename, extname } from 'node:path'
import type { CompanionOffer } from '../../contract/companions.ts'
import type { Recognition } from '../../contract/recognition.ts'
import { isCompanion } from '../../recognition/companions/companion-needs.ts'
import type { Companion } from '../../recognition/companions/companion-parts.ts'

/** A file of this computer, and what its header shows it to be. */
export interface LocalFile {
  readonly path: string
  /** Its folder, for display. */
  readonly where: string
  readonly sizeBytes: number
  /** As in `LocalModel`. */
  readonly searchedFolder?: string | undefined
  readonly recognition: Recognition
  /** Found near the files that need it, and not only in the usual places of other programs. */
  readonly isNear: boolean
}

/** Several precisions are usual; more would not help to choose. */
const maxOffers = 5

/** Files of this computer that can be offered as companions. Kept in memory; the page only gets opaque ids. */
export class CompanionOffers {
  readonly #files = new Map<string, LocalFile>()

  add(file: LocalFile): void {
    const id = idOf(file.path)
    const isNear = file.isNear || (this.#files.get(id)?.isNear ?? false)
    this.#files.set(id, { ...file, isNear })
  }

  clear(): void {
    this.#files.clear()
  }

  fileOf(id: string): LocalFile | null {
    return this.#files.get(id) ?? null
  }

  /** The best first: near the file that needs it, loaded without extensions of ComfyUI, of full precision. */
  offersFor(companion: Companion): readonly CompanionOffer[] {
    return [...this.#files.values()]
      .filter(({ path, recognition }) => isCompanion(recognition, basename(path), companion))
      .sort(
        (one, other) =>
          Number(other.isNear) - Number(one.isNear) ||
          Number(isGguf(one)) - Number(isGguf(other)) ||
          other.sizeBytes - one.sizeBytes,
      )
      .slice(0, maxOffers)
      .map(({ path, where, sizeBytes }) => ({
        id: idOf(path),
        fileName: basename(path),
        sizeBytes,
        where,
      }))
  }
}

const isGguf = ({ path }: LocalFile) => extname(path).toLowerCase() === '.gguf'

const idOf = (path: string) => createHash('sha256').update(path).digest('hex').slice(0, 16)
