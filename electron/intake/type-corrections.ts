import { dirname, extname } from 'node:path'
import * as v from 'valibot'
import type { Result } from '../contract/failures.ts'
import type { Rows } from '../journal/rows.ts'
import { isStarted, type UploadRecord } from '../journal/upload-record.ts'
import type { StoredChoices } from '../platform/environment.ts'

/** A type that the user gave to files with this key instead of the suggested one. */
const correction = v.object({ key: v.string(), suggested: v.string(), modelType: v.string() })
type Correction = v.InferOutput<typeof correction>

const storedCorrections = v.pipe(v.string(), v.parseJson(), v.array(correction))

/** The oldest are forgotten beyond this number. */
const maxCorrections = 200

type CorrectedFile = Pick<UploadRecord, 'path' | 'fileName' | 'recognition' | 'seen'>

/**
 * Remembers the types that the user gives to files instead of the suggested ones, and offers them for similar
 * files: with the same architecture, or, for files without tensors, from the same folder with the same
 * extension.
 */
export interface TypeCorrections {
  /** Returns a function that finds the type that the user gave to a similar file, or null. */
  offers(): (file: CorrectedFile) => string | null
  /**
   * Remembers the types of uploads whose type was edited, and offers them for similar uploads that have not
   * begun. The suggested type ends the offers. On a full disk nothing is remembered: the edit itself counts.
   */
  remember(edited: readonly UploadRecord[]): void
  /** Withdraws the offers of these uploads and forgets the corrections behind them. */
  decline(ids: readonly string[]): Result<void>
}

export function createTypeCorrections({
  choices,
  rows,
}: {
  readonly choices: StoredChoices
  readonly rows: Rows
}): TypeCorrections {
  function list(): readonly Correction[] {
    const parsed = v.safeParse(storedCorrections, choices.get('type-corrections'))
    return parsed.success ? parsed.output : []
  }

  const store = (corrections: readonly Correction[]) =>
    choices.set('type-corrections', JSON.stringify(corrections.slice(0, maxCorrections)))

  function offerFrom(corrections: readonly Correction[], file: CorrectedFile): string | null {
    const key = keyOf(file)
    const suggested = file.seen?.target.modelType
    const known = corrections.find((one) => one.key === key && one.suggested === suggested)
    return known?.modelType ?? null
  }

  /** Replaces the offers of all uploads that have not begun. */
  function renewOffers(): Result<void> {
    const corrections = list()
    return rows.inTransaction(() => {
      for (const id of rows.ids()) {
        const record = rows.get(id)?.record
        if (!record?.seen || isStarted(record.state)) continue
        const { offeredType, ...seen } = record.seen
        const offer = offerFrom(corrections, record)
        if ((offeredType ?? null) === offer) continue
        rows.change(id, { seen: offer === null ? seen : { ...seen, offeredType: offer } })
      }
    })
  }

  return {
    offers() {
      const corrections = list()
      return (file) => offerFrom(corrections, file)
    },
    remember(edited) {
      const changed = edited.flatMap((record) => {
        const key = keyOf(record)
        const suggested = record.seen?.target.modelType
        const { modelType } = record.target
        return key === null || suggested === undefined ? [] : [{ key, suggested, modelType }]
      })
      const before = list()
      const isReplaced = (one: Correction) =>
        changed.some(({ key, suggested }) => key === one.key && suggested === one.suggested)
      const newest = changed.filter(({ suggested, modelType }) => suggested !== modelType).reverse()
      const after = [...withoutRepeats(newest), ...before.filter((one) => !isReplaced(one))]
      if (JSON.stringify(after) !== JSON.stringify(before) && store(after).ok) renewOffers()
    },
    decline(ids) {
      const declined = ids.flatMap((id) => rows.get(id)?.record ?? [])
      const isDeclined = (one: Correction) =>
        declined.some(
          (record) => keyOf(record) === one.key && record.seen?.target.modelType === one.suggested,
        )
      const stored = store(list().filter((one) => !isDeclined(one)))
      return stored.ok ? renewOffers() : stored
    },
  }
}

/** Of several corrections of the same files, only the first. */
function withoutRepeats(corrections: readonly Correction[]): readonly Correction[] {
  const byFile = new Map<string, Correction>()
  for (const one of corrections) {
    const file = `${one.suggested}\n${one.key}`
    if (!byFile.has(file)) byFile.set(file, one)
  }
  return [...byFile.values()]
}

/** Equal for similar files. Null for a part of a diffusers model, whose type follows from the model. */
function keyOf({ path, fileName, recognition, seen }: CorrectedFile): string | null {
  if (recognition.group?.kind === 'diffusers') return null
  if (recognition.signature !== undefined) return `architecture ${recognition.signature}`
  return `folder ${seen?.place ?? dirname(path)} ${extname(fileName).toLowerCase()}`
}
