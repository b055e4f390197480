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
  return { companions }
}

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
