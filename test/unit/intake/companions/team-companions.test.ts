import { expect, test } from 'vitest'
import type { Recognition } from '../../../../electron/contract/recognition.ts'
import {
  createTeamCompanions,
  type MissingByFile,
} from '../../../../electron/intake/companions/team-companions.ts'
import type { UploadRecord } from '../../../../electron/journal/upload-record.ts'
import { libraryModel } from '../../../support/library-model.ts'
import { registeredRecord, uploadRecord } from '../../../support/records.ts'
import { rowsOnJournal } from '../../../support/rows-on-journal.ts'

const south = { id: 'team_02', name: 'Studio South' }
const recognised = (modelType: string, base: string): Recognition => ({
  ...uploadRecord().recognition,
  modelType,
  base,
})
const t5 = recognised('text_encoders', 'T5-XXL')
const clipL = recognised('text_encoders', 'CLIP-L')
/** A diffusion model alone, which needs text encoders and a VAE. */
const flux = (given: Partial<UploadRecord> = {}) =>
  uploadRecord({ recognition: recognised('diffusion_models', 'Flux.1'), ...given })

const basesOf = (missing: MissingByFile, { id }: UploadRecord) =>
  (missing.get(id) ?? []).map(({ companion }) => companion.base)

/** Companions of a team with these uploads; `reads` are the teams whose earlier uploads were read. */
function setup(records: readonly UploadRecord[] = [], earlier: ReadonlyMap<string, Recognition> = new Map()) {
  const { rows } = rowsOnJournal()
  rows.restore(records)
  const reads: string[] = []
  const companions = createTeamCompanions({
    rows,
    store: {
      recognitionsOf(teamId) {
        reads.push(teamId)
        return earlier
      },
    },
  })
  return { companions, reads, rows }
}

test('reads no earlier uploads for files that need nothing', () => {
  const { companions, reads } = setup()
  const file = uploadRecord({ recognition: t5 })
  expect([companions.find([file], file, []), reads]).toEqual([new Map(), []])
})

test('reads the earlier uploads of each team once until they are forgotten', () => {
  const { companions, reads } = setup()
  const [own, other] = [flux(), flux({ team: south })]
  for (const file of [own, other, own, other]) companions.find([file], file, [])
  expect(reads).toEqual(['team_01', 'team_02'])
  companions.clear()
  companions.find([own], own, [])
  expect(reads).toEqual(['team_01', 'team_02', 'team_01'])
})

test.for<[what: string, given: Partial<UploadRecord>, isMissing: boolean]>([
  ['waits for the same team', {}, false],
  ['has failed', { phase: 'failed' }, false],
  ['is in review', { phase: 'review' }, false],
  ['waits for another team', { team: south }, true],
])('lacks a companion whose upload %s: %s', ([_what, given, isMissing]) => {
  const { companions } = setup([uploadRecord({ recognition: t5, ...given })])
  const file = flux()
  expect(basesOf(companions.find([file], file, []), file).includes('T5-XXL')).toBe(isMissing)
})

test('counts files without rows that are added together', () => {
  const { companions } = setup()
  const [file, encoder] = [flux(), uploadRecord({ recognition: t5 })]
  expect(basesOf(companions.find([file, encoder], file, []), file)).toEqual(['CLIP-L', 'Flux.1'])
})

test.for<[what: string, given: Partial<UploadRecord>, isMissing: boolean]>([
  ['this process has uploaded', {}, false],
  ['this process has uploaded to another team', { team: south }, true],
])('lacks a companion in the library that %s: %s', ([_what, given, isMissing]) => {
  const uploaded = registeredRecord({ recognition: t5, modelId: 'uploaded', ...given })
  const { companions } = setup([uploaded])
  const file = flux()
  const model = libraryModel('models/text_encoders/renamed.safetensors', { id: 'uploaded' })
  const missing = companions.find([file], file, [model])
  expect(basesOf(missing, file).includes('T5-XXL')).toBe(isMissing)
})

test('lacks a companion that was uploaded and is no longer in the library', () => {
  const { companions } = setup([registeredRecord({ recognition: t5, modelId: 'deleted' })])
  const file = flux()
  expect(basesOf(companions.find([file], file, []), file)).toContain('T5-XXL')
})

test('recognises models that were uploaded before the app started', () => {
  const { companions } = setup([], new Map([['earlier', clipL]]))
  const file = flux()
  const model = libraryModel('models/text_encoders/renamed.safetensors', { id: 'earlier' })
  expect(basesOf(companions.find([file], file, [model]), file)).toEqual(['T5-XXL', 'Flux.1'])
})

test('lists each companion of a team once, and names it by each file that lacks it', () => {
  const { companions } = setup()
  const [one, two, other] = [flux(), flux(), flux({ team: south })]
  const complete = uploadRecord({ recognition: t5 })
  const ofNorth = companions.find([one, two], one, [])
  const missing = new Map([...ofNorth, ...companions.find([other], other, [])])
  const { keys, views } = companions.toViews(missing, [one, complete, two, other])
  expect([...keys.keys()]).toEqual([one.id, two.id, other.id])
  expect(keys.get(one.id)).toEqual(keys.get(two.id))
  expect(views.map(({ key, base, role, isCertain }) => [key, base, role, isCertain])).toEqual(
    [one, other].flatMap(({ id }) => [
      [keys.get(id)?.[0], 'CLIP-L', 'text-encoder', true],
      [keys.get(id)?.[1], 'T5-XXL', 'text-encoder', true],
      [keys.get(id)?.[2], 'Flux.1', 'vae', true],
    ]),
  )
})

test('lists a companion that may be there under an unusual name apart from one that is not', () => {
  const { companions } = setup()
  const [one, other] = [flux(), flux()]
  const [part] = companions.find([one], one, []).get(one.id) ?? []
  if (!part) throw new Error('nothing is missing')
  const missing = new Map([
    [one.id, [part]],
    [other.id, [{ ...part, isCertain: false }]],
  ])
  const { keys, views } = companions.toViews(missing, [one, other])
  expect(views.map(({ isCertain }) => isCertain)).toEqual([true, false])
  expect(views.map(({ key }) => key)).toEqual([...keys.values()].flat())
})

test('shows the files of this computer that can be the companion', () => {
  const { companions } = setup()
  const path = '/encoders/t5xxl.safetensors'
  companions.offers.add({ path, where: '~/encoders', sizeBytes: 5, recognition: t5, isNear: true })
  const file = flux()
  const { views } = companions.toViews(companions.find([file], file, []), [file])
  expect(views.map(({ base, usualName, offers }) => [base, usualName, offers.length])).toEqual([
    ['CLIP-L', 'clip_l.safetensors', 0],
    ['T5-XXL', 't5xxl_fp16.safetensors', 1],
    ['Flux.1', 'ae.safetensors', 0],
  ])
})
