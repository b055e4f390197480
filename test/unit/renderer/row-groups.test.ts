import { expect, test } from 'vitest'
import { groupRows, sortKey, uploadOrder } from '../../../renderer/uploads/row-groups.ts'
import { row } from '../../components/support/rows.ts'

const rows = [
  row('Krea', {
    folder: 'Flux/styles',
    fileName: 'krea_v2.safetensors',
    target: { modelType: 'loras', modelPath: 'models/loras/ink/krea.safetensors' },
  }),
  row('Other', {
    team: { id: 'team_night', name: 'Night Lab' },
    recognition: { ...row('x').recognition, base: 'Wan 2.2' },
    target: { modelType: 'vae', modelPath: 'models/other.safetensors' },
  }),
]
const found = (search: string) => groupRows(rows, { search, sort: uploadOrder }).flatMap(({ ids }) => ids)

test.each([
  ['the name', 'KREA', ['Krea']],
  ['the type', 'vae', ['Other']],
  ['the library path', 'loras/ink', ['Krea']],
  ['the dropped folder', 'flux/styles', ['Krea']],
  ['the file name', 'krea_v2', ['Krea']],
  ['the base model', 'wan 2.2', ['Other']],
  ['the team', 'night', ['Other']],
  ['words of several fields', 'krea sdxl styles', ['Krea']],
  ['words that no upload has all', 'krea night', []],
  ['what both have', 'safetensors', ['Krea', 'Other']],
])('finds uploads by %s', (_field, search, ids) => {
  expect(found(search)).toEqual(ids)
})

test('a running upload moves with its phase only in a list that is sorted by status', () => {
  const checking = row('a', { phase: 'checking' })
  const sending = { ...checking, phase: 'sending' as const }
  const keysBy = (by: 'position' | 'state') =>
    [checking, sending].map((one) => sortKey(one, { by, isDescending: false }))
  const [queued, byStatus] = [keysBy('position'), keysBy('state')]
  expect([queued[0] === queued[1], byStatus[0] === byStatus[1]]).toEqual([true, false])
  const done = sortKey({ ...sending, phase: 'registered' }, uploadOrder)
  expect(done).not.toBe(queued[1])
})
