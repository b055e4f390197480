import { expect, test } from 'vitest'
import type { TeamChoice } from '../../../../electron/contract/account.ts'
import type { UploadConfirmation } from '../../../../electron/contract/discovery.ts'
import { failed, failure, success, type Result } from '../../../../electron/contract/failures.ts'
import type { LibraryListing, LibraryModel } from '../../../../electron/contract/library.ts'
import { createCompanions } from '../../../../electron/intake/companions/companions.ts'
import { createTeamCompanions } from '../../../../electron/intake/companions/team-companions.ts'
import type { UploadRecord } from '../../../../electron/journal/upload-record.ts'
import { createEventHub } from '../../../../electron/platform/event-hub.ts'
import { libraryModel } from '../../../support/library-model.ts'
import { uploadRecord } from '../../../support/records.ts'
import { rowsOnJournal } from '../../../support/rows-on-journal.ts'
const listingOf = (models: readonly LibraryModel[]): Result<LibraryListing> =>
  success({ models, listedAtMs: 0, completeAtMs: 0, failure: null })
const recognised = (modelType: string, base: string) => ({ ...uploadRecord().recognition, modelType, base })
const encoder = recognised('text_encoders', 'T5-XXL')
/** A diffusion model alone, which needs text encoders and a VAE. */
const flux = (given: Partial<UploadRecord> = {}) =>
  uploadRecord({ recognition: recognised('diffusion_models', 'Flux.1'), ...given })
const encoderModel = libraryModel('models/text_encoders/t5xxl_fp16.safetensors')
const t5Path = '/encoders/t5xxl.safetensors'

/** Companions of these uploads, and a computer that has T5-XXL. */
function setup(records: readonly UploadRecord[] = []) {
  const { rows, store, environment } = rowsOnJournal(records)
  const state = {
    /** Of all teams, unless a listing is pending. */
    models: [] as readonly LibraryModel[],
    cached: (_teamId: string): readonly LibraryModel[] | null => [],
    listing: null as Promise<Result<LibraryListing>> | null,
    hasTeam: true,
    searchedFolders: [] as string[],
    /** Delays each search. */
    searching: Promise.resolve(),
  }
  const [listed, added, questions]: [TeamChoice[], unknown[], UploadConfirmation[]] = [[], [], []]
  const events = createEventHub()
  let foundCount = 0
  events.on('companionsFound', () => (foundCount += 1))
  const companions = createCompanions(
    {
      rows,
      library: {
        models(choice) {
          listed.push(choice)
          return state.listing ?? Promise.resolve(listingOf(state.models))
        },
        cachedModels: ({ teamId }) => state.cached(teamId),
      },
      environment,
      finder: {
        async findModels(folders, _types, onFound) {
          state.searchedFolders.push(...folders)
          await state.searching
          await onFound([{ path: t5Path, name: 't5', sizeBytes: 5, mtimeMs: 1, modelType: null }])
        },
        displayPath: (path) => path,
        destinationFor: (choice) =>
          choice && state.hasTeam
            ? { choice, team: { id: choice.teamId, name: 'Studio North' }, server: 'cloud.example' }
            : null,
      },
      intake: {
        async enqueuePlaced(files, request) {
          added.push({ paths: files.map(({ path }) => path), ...request })
          return success({ added: files.length, refused: 0, skipped: [] })
        },
      },
      inspect: async () => {
        const { target, identity } = uploadRecord()
        return { recognition: encoder, target, identity, failure: null }
      },
      events,
    },
    createTeamCompanions({ rows, store }),
  )
  const confirm = (isConfirmed: boolean) => async (question: UploadConfirmation) => {
    questions.push(question)
    return isConfirmed
  }
  const { clock } = environment
  const foundTimes = () => foundCount
  return { companions, state, listed, added, questions, confirm, clock, foundTimes }
}

/** The id of the offer of T5-XXL for an upload, after a search. */
async function offerFor({ companions }: Pick<ReturnType<typeof setup>, 'companions'>, record: UploadRecord) {
  const found = await companions.ofUpload(record, true)
  return found.flatMap(({ offers }) => offers)[0]?.id ?? ''
}

test('finds what an upload needs and the library of its team lacks', async () => {
  const { companions, state, listed } = setup()
  const record = flux()
  state.models = [encoderModel]
  const found = await companions.ofUpload(record, false)
  expect(found.map(({ base }) => base)).toEqual(['CLIP-L', 'Flux.1'])
  expect([listed, state.searchedFolders]).toEqual([
    [{ accountId: record.accountId, teamId: record.team.id }],
    [],
  ])
})

test('finds an upload to lack nothing if the listing fails, or takes longer than ten seconds', async () => {
  const { companions, state, clock } = setup()
  state.listing = Promise.resolve(failed(failure('forbidden')))
  expect(await companions.ofUpload(flux(), true)).toEqual([])
  state.listing = new Promise(() => {})
  const late = companions.ofUpload(flux(), true)
  expect(clock.waits()).toEqual([10_000])
  clock.advance(10_000)
  expect(await late).toEqual([])
  expect(state.searchedFolders).toEqual([])
})

test('searches this computer for what an upload lacks, beside the file as it was found', async () => {
  const { companions, state, foundTimes } = setup()
  const record = flux({ path: '/disk/flux.safetensors' })
  const [, found] = await companions.ofUpload(record, true)
  expect(found).toMatchObject({ base: 'T5-XXL', offers: [{ fileName: 't5xxl.safetensors' }] })
  await companions.ofUpload({ ...record, seen: { place: '/linked', target: record.target } }, true)
  expect([state.searchedFolders, foundTimes()]).toEqual([['/disk', '/linked'], 1])
})

test.for([
  ['waits', 'waiting', { review: 'confirmed' }],
  ['is in review', 'review', { joinedReview: '' }],
] as const)('adds confirmed files for an upload that %s', async ([_what, phase, request]) => {
  const record = flux({ phase })
  const harness = setup([record])
  const { companions, added, questions, confirm } = harness
  const offer = await offerFor(harness, record)
  expect(await companions.add(record.id, [offer, 'unknown'], confirm(true))).toMatchObject({
    value: { added: 1 },
  })
  expect(questions).toEqual([{ count: 1, sizeBytes: 5, team: 'Studio North', server: 'cloud.example' }])
  const team = { accountId: record.accountId, teamId: record.team.id }
  expect(added).toEqual([{ paths: [t5Path], team, ...request }])
})
