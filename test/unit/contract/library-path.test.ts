import { expect, test } from 'vitest'
import { cleanLibraryPath, libraryPathProblem } from '../../../electron/contract/library-path.ts'
import { seededRandom } from '../../fixtures/seeded.ts'

/** The documented pattern (docs.cyberun.cloud/api-reference/model/register-a-model-after-uploading). */
const serverPattern = /^(?!\/)(?!.*\.\.)(?!.*\\)[\w./ -]+$/

test.each([
  ['models/checkpoints/sdxl_base_1.0.safetensors', null],
  ['a', null],
  ['models/My models/x-1.pt', null],
  ['', 'empty'],
  ['   ', 'empty'],
  ['/models/x', 'starts-with-slash'],
  ['models\\x', 'backslash'],
  ['models/../x', 'two-dots'],
  ['models/x..y', 'two-dots'],
  ['models/x+y', 'characters'],
  ['models/é', 'characters'],
  ['models/x\n', 'characters'],
  ['models/', 'ends-with-slash'],
  ['models//x', 'empty-folder'],
  ['models/ /x', 'empty-folder'],
  ['models/./x', 'empty-folder'],
])('reports for the path %j the problem %s', (path, problem) => {
  expect(libraryPathProblem(path)).toBe(problem)
})

test.each([
  ['models/loras/a.safetensors', 'models/loras/a.safetensors'],
  ['models\\loras\\a.pt', 'models/loras/a.pt'],
  ['models/Añejo+(v2).pt', 'models/Anejo_v2.pt'],
  ['models/Straße Øst.pt', 'models/Strasse Ost.pt'],
  ['models/[sdxl] x@y, z!.pt', 'models/sdxl_x_y_z.pt'],
  ['models/a....b.pt', 'models/a.b.pt'],
  ['models/a+._.b.pt', 'models/a.b.pt'],
  ['models/_a__b._c.pt', 'models/_a__b._c.pt'],
  ['models/ x /y.pt', 'models/x/y.pt'],
  ['models/x./y.pt', 'models/x/y.pt'],
  ['models/．．/x.pt', 'models/x.pt'],
  ['models/ﬁne／x.pt', 'models/fine_x.pt'],
  ['models/./x.pt', 'models/x.pt'],
  ['/models//x.pt/', 'models/x.pt'],
  ['models/国风_v1.safetensors', 'models/GuoFeng_v1.safetensors'],
  ['models/Ångström.pt', 'models/Angstrom.pt'],
  ['models/Чебурашка.pt', 'models/Cheburashka.pt'],
  ['models/人物/x.pt', 'models/RenWu/x.pt'],
])('cleans %s to %s', (path, cleaned) => {
  expect(cleanLibraryPath(path)).toBe(cleaned)
})

test('gives names without valid characters distinct, stable replacements', () => {
  const first = cleanLibraryPath('models/loras/\u{e000}.safetensors')
  const second = cleanLibraryPath('models/loras/\u{e001}.safetensors')
  expect(first).toMatch(/^models\/loras\/model-[0-9a-z]{7}\.safetensors$/)
  expect(second).toMatch(/^models\/loras\/model-[0-9a-z]{7}\.safetensors$/)
  expect(first).not.toBe(second)
  expect(cleanLibraryPath('other/\u{e000}.safetensors')).toBe(first.replace('models/loras', 'other'))
})

test('replaces such a name alike in every version, so that the file is found again', () => {
  expect(cleanLibraryPath('\u{e000}\u{e001}.pt')).toBe('model-1nho2wg.pt')
})

test('cleans random input to a path that the server accepts, idempotently', () => {
  const random = seededRandom(11)
  const pieces = [
    '.',
    '..',
    '/',
    '\\',
    '_',
    ' ',
    '-',
    'a',
    'B7',
    'é',
    'ß',
    '国',
    '😀',
    '．',
    '／',
    '…',
    '\u0301',
    '\n',
    '+',
    '½',
    '\ud800',
  ]
  for (let round = 0; round < 20_000; round += 1) {
    const length = Math.floor(random() * 12)
    const path = Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]).join('')
    const cleaned = cleanLibraryPath(path)
    expect(cleaned, JSON.stringify(path)).toMatch(serverPattern)
    expect(libraryPathProblem(cleaned), JSON.stringify(path)).toBeNull()
    expect(cleanLibraryPath(cleaned), JSON.stringify(path)).toBe(cleaned)
  }
})
