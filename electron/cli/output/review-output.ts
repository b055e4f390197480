import type { CompanionRole, MissingCompanion } from '../../contract/companions.ts'
import { baseSeparator } from '../../contract/recognition.ts'
import {
  notSentOf,
  type ProposedUpload,
  type ReviewGroup,
  type UploadProposal,
} from '../../contract/review.ts'
import { formatBytes } from '../../messages/format-size.ts'
import { describeFailure, failureAsJson } from './output.ts'

type ReviewFile = ReviewGroup['files'][number]

/** Files of each kind of decision that are listed; the others are counted. */
const maxListed = 20

const bytes = (count: number) => formatBytes(count, 'en')
const countFiles = (count: number) => (count === 1 ? '1 file' : `${count} files`)

const headings: Readonly<Record<ReviewGroup['kind'], string>> = {
  broken: 'Can’t be uploaded',
  unsafe: 'Can run code when loaded; uploaded only with --allow-pickle or --allow-dangerous-pickle',
  outside: 'Outside of the added folder, through a link; uploaded after a question or with --follow-links',
  'path-conflict': 'Library path is in use; decide with --on-conflict',
  duplicate: 'Duplicates of another file',
  'in-library': 'Already in the library',
  'private-content': 'Contain private data',
  licence: 'Have a restrictive licence',
  'missing-companion': 'Need models that the team may lack; uploaded anyway',
}

/** A summary for a question: totals by type, then what needs a decision. */
export function proposalLines(proposal: UploadProposal): readonly string[] {
  const { records, queuedNames } = proposal
  const kinds = [...Map.groupBy(records, ({ target }) => target.modelType)]
  return [
    ...kinds.map(
      ([type, files]) => `${type.padEnd(18)}  ${countFiles(files.length)}, ${bytes(sizeOf(files))}`,
    ),
    ...(queuedNames.length > 0 ? [`${countFiles(queuedNames.length)} already in the queue`] : []),
    ...decisionLines(proposal),
  ]
}

/** What an approved plan does with a file. `duplicate` is a copy of another file of the plan. */
type PlannedAction = 'upload' | 'already' | 'duplicate' | 'broken' | 'blocked'

interface Plan {
  readonly actions: ReadonlyMap<string, PlannedAction>
  readonly counts: Readonly<Record<PlannedAction, number>>
  /** Of the files that would be uploaded. */
  readonly uploadBytes: number
}

function planOf({ records, groups }: UploadProposal): Plan {
  const { blocked, skipped } = notSentOf(groups)
  const idsOf = (kind: ReviewGroup['kind']) =>
    new Set(groups.flatMap((group) => (group.kind === kind ? group.files.map(({ id }) => id) : [])))
  const [broken, inLibrary] = [idsOf('broken'), idsOf('in-library')]
  const actionOf = (id: string): PlannedAction => {
    if (blocked.has(id)) return broken.has(id) ? 'broken' : 'blocked'
    if (skipped.has(id)) return inLibrary.has(id) ? 'already' : 'duplicate'
    return 'upload'
  }
  const counts = { upload: 0, already: 0, duplicate: 0, broken: 0, blocked: 0 }
  const actions = new Map(records.map(({ id }) => [id, actionOf(id)]))
  for (const action of actions.values()) counts[action] += 1
  const uploadBytes = sizeOf(records.filter(({ id }) => actions.get(id) === 'upload'))
  return { actions, counts, uploadBytes }
}

/** One line for each file: where it would go, or why not; then the total. */
export function planLines(proposal: UploadProposal): readonly string[] {
  const { records, queuedNames } = proposal
  const plan = planOf(proposal)
  return [
    ...records.map(({ id, fileName, identity, team, target }) => {
      const action = plan.actions.get(id) ?? 'upload'
      return `${action.padEnd(10)}  ${fileName} (${bytes(identity.sizeBytes)}) → ${team.name}: ${target.modelPath}`
    }),
    ...queuedNames.map((name) => `continue    ${name} (already in the queue)`),
    ...decisionLines(proposal),
    ...(records.length + queuedNames.length > 0 ? [totalLine(plan, queuedNames.length)] : []),
  ]
}

function totalLine({ counts, uploadBytes }: Plan, queuedCount: number): string {
  const others: readonly (readonly [number, string])[] = [
    [counts.already, 'already there'],
    [counts.duplicate, 'identical to another file'],
    [queuedCount, 'in the queue'],
    [counts.broken, 'broken'],
    [counts.blocked, 'blocked'],
  ]
  const upload = `would upload ${countFiles(counts.upload)}, ${bytes(uploadBytes)}`
  return [upload, ...others.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : []))].join('; ')
}

/** The members with the totals of a plan in JSON output. */
export function totalsAsJson(proposal: UploadProposal): object {
  const { counts, uploadBytes } = planOf(proposal)
  return {
    toUpload: counts.upload,
    toUploadBytes: uploadBytes,
    alreadyThere: counts.already,
    duplicates: counts.duplicate,
    broken: counts.broken,
    blocked: counts.blocked,
  }
}

function decisionLines({ records, groups, missingCompanions }: UploadProposal): readonly string[] {
  const context = {
    byId: new Map(records.map((record) => [record.id, record])),
    companions: new Map(missingCompanions.map((companion) => [companion.key, companion])),
  }
  return groups.flatMap(({ kind, files }) => {
    const listed = files.slice(0, maxListed).map((file) => `  ${fileLine(file, context)}`)
    const more = files.length - listed.length
    return [
      `${headings[kind]}: ${countFiles(files.length)}`,
      ...listed,
      ...(more > 0 ? [`  and ${more} more`] : []),
    ]
  })
}

/** What the facts about files refer to. */
interface LineContext {
  readonly byId: ReadonlyMap<string, ProposedUpload>
  readonly companions: ReadonlyMap<string, MissingCompanion>
}

function fileLine(file: ReviewFile, context: LineContext): string {
  const record = context.byId.get(file.id)
  const detail = detailOf(file, context)
  return detail ? `${record?.fileName}: ${detail}` : (record?.fileName ?? '')
}

function detailOf(file: ReviewFile, { byId, companions }: LineContext): string {
  const reason = byId.get(file.id)?.failure
  if ('code' in file) return reason ? describeFailure(reason, 'review') : file.code
  if ('of' in file)
    return `${file.isCertain ? 'the same as' : 'probably the same as'} ${byId.get(file.of)?.fileName}`
  if ('path' in file)
    return `${file.isCertain ? 'as' : 'probably as'} ${file.name}${file.path === null ? '' : ` at ${file.path}`}`
  if ('content' in file) return file.content.join(', ')
  if ('licence' in file) return file.licence
  if ('missing' in file) return companionsText(file.missing.flatMap((key) => companions.get(key) ?? []))
  return file.name
}

/** The members of each file in JSON output; with `kinds` of decisions and their facts. */
export function plannedAsJson(proposal: UploadProposal): readonly object[] {
  const { records, groups, missingCompanions } = proposal
  const names = new Map(records.map(({ id, fileName }) => [id, fileName]))
  const decisions = new Map<string, object[]>()
  const missing = new Map<string, readonly object[]>()
  const companions = new Map(missingCompanions.map((companion) => [companion.key, companion]))
  for (const { kind, files } of groups)
    for (const { id, ...facts } of files) {
      const of = 'of' in facts ? { of: names.get(facts.of) } : {}
      if ('missing' in facts)
        missing.set(
          id,
          facts.missing.flatMap((key) => companionAsJson(companions.get(key))),
        )
      else decisions.set(id, [...(decisions.get(id) ?? []), { kind, ...facts, ...of }])
    }
  const { actions } = planOf(proposal)
  const actionOf = (id: string) => {
    const action = actions.get(id)
    return action === 'broken' || action === 'blocked' ? 'none' : action
  }
  return records.map(({ id, fileName, path, identity, team, target, failure }) => ({
    file: fileName,
    localPath: path,
    sizeBytes: identity.sizeBytes,
    team: team.id,
    type: target.modelType,
    path: target.modelPath,
    name: target.displayName,
    action: actionOf(id),
    decisions: decisions.get(id) ?? [],
    missingCompanions: missing.get(id) ?? [],
    failed: failure === null ? null : failureAsJson(failure, 'review'),
  }))
}

export function sizeOf(records: readonly ProposedUpload[]): number {
  return records.reduce((sum, { identity }) => sum + identity.sizeBytes, 0)
}

/** The proposal if links out of the added folders are followed. */
export function withLinksFollowed(proposal: UploadProposal): UploadProposal {
  return { ...proposal, groups: proposal.groups.filter(({ kind }) => kind !== 'outside') }
}

/** The question about the files that can be uploaded. */
export function questionFor(proposal: UploadProposal): string {
  const { counts, uploadBytes } = planOf(withLinksFollowed(proposal))
  const outside = proposal.groups.find(({ kind }) => kind === 'outside')?.files.length ?? 0
  const what = `${countFiles(counts.upload)} (${bytes(uploadBytes)})`
  const team = proposal.records[0]?.team.name
  return `Upload ${what} to ${team}${outside > 0 ? `, ${outside} of them from outside of the added folder` : ''}? [y/N] `
}

/** `CLIP-L text encoder (usually clip_l.safetensors)`, what is certainly missing first. */
function companionsText(companions: readonly MissingCompanion[]): string {
  const [missing, notFound] = [true, false].map((isCertain) =>
    companions.filter((one) => one.isCertain === isCertain).map(companionText),
  )
  return [
    ...(missing?.length ? [`the team has no ${missing.join(', no ')}`] : []),
    ...(notFound?.length ? [`not found under a known name: ${notFound.join(', ')}`] : []),
  ].join('; ')
}

const roles: Readonly<Record<CompanionRole, string>> = {
  'text-encoder': 'text encoder',
  vae: 'VAE',
  'image-encoder': 'image encoder',
  'base-model': 'base model',
}

/** A companion with the name under which it is usually found. */
export function companionText({
  role,
  base,
  usualName,
}: Pick<MissingCompanion, 'role' | 'base' | 'usualName'>) {
  const usual = usualName === null ? '' : ` (usually ${usualName})`
  return `${base.replaceAll(baseSeparator, ' or ')} ${roles[role]}${usual}`
}

function companionAsJson(companion: MissingCompanion | undefined): readonly object[] {
  if (!companion) return []
  const { role, base, usualName, isCertain } = companion
  return [{ role, base, usualName, found: isCertain ? 'no' : 'not-by-name' }]
}
