import type { CompanionRole } from '../contract/companions.ts'
import type { LibraryModel } from '../contract/library.ts'
import { basesOf, type Recognition } from '../contract/recognition.ts'
import type { UploadRecord } from '../journal/upload-record.ts'
import {
  companionsOf,
  companionTypes,
  mayBeCompanion,
  typesOf,
  type CompanionNeeds,
} from '../recognition/companions/companion-needs.ts'
import { allParts, toNameText, type Companion } from '../recognition/companions/companion-parts.ts'
import { basesByArchitecture, type NamedBases } from '../recognition/families/known-names.ts'
import { typeByFolderName } from '../recognition/kinds/folder-evidence.ts'

/** What a team has, or will have once its uploads are done. */
export interface TeamFiles {
  readonly models: readonly LibraryModel[]
  /** Uploads of the team in any phase, files in review, and files that would be added. */
  readonly records: readonly Pick<UploadRecord, 'recognition' | 'fileName'>[]
  /** What models of the library were recognised as when they were uploaded, by their ids. */
  readonly recognitions: ReadonlyMap<string, Recognition>
}

/** A companion that the team doesn't seem to have. */
export interface MissingPart {
  readonly companion: Companion
  /** Nothing that the team has can be it; otherwise it has models of which nothing but a name is known. */
  readonly isCertain: boolean
}

/** `unknown`: one of the models may be it, and saying that it is missing would often be wrong. */
type Presence = 'present' | 'missing' | 'not-found' | 'unknown'

/**
 * The companions that files need and their team lacks, by the id of each file that lacks one. The library lists
 * types and names only, so a model counts as present under any name that is usual for it, and as missing only if
 * no model of an unknown name can be it.
 */
export function findMissingCompanions(
  files: readonly Pick<UploadRecord, 'id' | 'recognition'>[],
  team: TeamFiles,
): ReadonlyMap<string, readonly MissingPart[]> {
  let candidates: readonly Candidate[] | null = null
  const presences = new Map<string, Presence>()
  const missing = new Map<string, readonly MissingPart[]>()
  for (const { id, recognition } of files) {
    const needs = companionsOf(recognition)
    const lacking = needs.needs.flatMap((companion): readonly MissingPart[] => {
      const { role, base, usualName } = companion
      const key = [role, base, usualName, needs.family].join('\n')
      candidates ??= candidatesOf(team)
      const presence = presences.get(key) ?? presenceOf(companion, needs, candidates)
      presences.set(key, presence)
      if (presence !== 'missing' && presence !== 'not-found') return []
      return [{ companion, isCertain: presence === 'missing' }]
    })
    if (lacking.length > 0) missing.set(id, lacking)
  }
  return missing
}

/** A model of the library or an upload that can be a companion, with what is known about it. */
interface Candidate {
  /** Null if it is none of the known types. */
  readonly modelType: string | null
  /** As by `toNameText`. */
  readonly name: string
  readonly recognition: Recognition | null
  /** What its name shows. It is compared with many companions. */
  readonly named: () => NamedBases
  readonly isPart: () => boolean
}

function candidatesOf({ models, records, recognitions }: TeamFiles): readonly Candidate[] {
  const ofRecords = records.flatMap(({ recognition, fileName }) =>
    toCandidate(recognition.modelType, fileName, recognition),
  )
  const ofModels = models.flatMap(({ id, displayName, modelType, modelPath }) => {
    // Without `models/<type>/`, whose words are not the model's.
    const path = (modelPath ?? '').replace(/^(models\/)?[^/]*\//, '')
    return toCandidate(typeByFolderName(modelType), `${displayName} ${path}`, recognitions.get(id) ?? null)
  })
  // Of files that were recognised as the same, one is enough.
  const byKind = new Map<string, Candidate>()
  for (const candidate of [...ofRecords, ...ofModels]) byKind.set(kindOf(candidate), candidate)
  return [...byKind.values()]
}

/** Equal for candidates about which the same is known. */
const kindOf = ({ modelType, name, recognition }: Candidate) =>
  recognition?.base
    ? [recognition.modelType, recognition.base, recognition.variant, recognition.contains?.length].join('\n')
    : `${modelType}\n${name}`

/** None if nothing of this type is a companion. */
function toCandidate(
  modelType: string | null,
  fileName: string,
  recognition: Recognition | null,
): readonly Candidate[] {
  const type = recognition?.base ? recognition.modelType : modelType
  if (type !== null && !companionTypes.has(type)) return []
  const name = toNameText(fileName)
  return [
    {
      modelType,
      name,
      recognition,
      named: once(() => basesByArchitecture(name)),
      isPart: once(() => allParts.some((part) => part.names?.test(name) && isOfRole(modelType, part.role))),
    },
  ]
}

const isOfRole = (modelType: string | null, role: CompanionRole) =>
  modelType !== null && typesOf(role).includes(modelType)

function once<T>(compute: () => T): () => T {
  let computed: { readonly value: T } | null = null
  return () => (computed ??= { value: compute() }).value
}

function presenceOf(companion: Companion, needs: CompanionNeeds, candidates: readonly Candidate[]): Presence {
  const answers = new Set<Answer>()
  for (const candidate of candidates) {
    const answer = answerOf(candidate, companion, needs)
    if (answer === 'yes') return 'present'
    answers.add(answer)
  }
  answers.delete('no')
  if (answers.size === 0) return 'missing'
  if (companion.role === 'base-model') return 'unknown'
  // The names of these checkpoints rarely show their family.
  return needs.checkpoints === 'whole' && answers.has('whole') ? 'unknown' : 'not-found'
}

/** `maybe`: nothing but a name is known about it. `whole`: a checkpoint of that kind, which may contain it. */
type Answer = 'yes' | 'no' | 'maybe' | 'whole'

function answerOf(candidate: Candidate, companion: Companion, needs: CompanionNeeds): Answer {
  const { modelType, name, recognition } = candidate
  const isOfType = modelType === null || typesOf(companion.role).includes(modelType)
  if (recognition?.base) return recognisedAnswer(recognition, companion, needs)
  if (companion.role === 'base-model') return isOfType ? familyAnswer(candidate, companion.base) : 'no'
  if (isOfType && companion.names?.test(name)) return 'yes'
  if (modelType === 'checkpoints') return checkpointAnswer(candidate, companion, needs)
  // A known name of its role is that of another companion.
  return isOfType && !candidate.isPart() ? 'maybe' : 'no'
}

function recognisedAnswer(recognition: Recognition, companion: Companion, needs: CompanionNeeds): Answer {
  if (mayBeCompanion(recognition, companion)) return 'yes'
  const { modelType, base, contains } = recognition
  if (modelType !== 'checkpoints' || needs.family === null || !basesOf(base).includes(needs.family))
    return 'no'
  // Older versions didn't record what a checkpoint contains.
  return contains?.length === 2 ? 'yes' : 'whole'
}

function checkpointAnswer(
  candidate: Candidate,
  { role }: Companion,
  { family, checkpoints }: CompanionNeeds,
): Answer {
  const answer = family === null ? 'no' : familyAnswer(candidate, family)
  if (answer === 'no') return 'no'
  if (checkpoints === 'without-encoders' && role === 'text-encoder') return answer === 'yes' ? 'whole' : 'no'
  return answer === 'maybe' ? 'whole' : 'yes'
}

/** Whether its name is that of a model of one of these families. */
function familyAnswer({ name, named }: Candidate, bases: string): 'yes' | 'no' | 'maybe' {
  const { bases: shown, word } = named()
  if (shown.length === 0) return 'maybe'
  if (shown.some((base) => basesOf(bases).includes(base))) return 'yes'
  // A longer word, such as `wanderlust`, shows no family.
  return new RegExp(`-${word}(?![a-z])`).test(name) ? 'no' : 'maybe'
}
