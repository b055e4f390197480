import { expect, test } from 'vitest'
import { groupRows, uploadOrder } from '../../../renderer/uploads/row-groups.ts'
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
    target: { modelType: 'vae', modelPath: 'models/vae/other.safetensors' },
  }),
]
const found = (search: string) =>
  groupRows(rows, { search, sort: uploadOrder, held: null }).flatMap(({ ids }) => ids)

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
