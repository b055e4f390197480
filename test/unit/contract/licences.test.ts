import { expect, test } from 'vitest'
import { isNamed, isRestrictive } from '../../../electron/contract/licences.ts'

test.each([
  'flux-1-dev-non-commercial-license',
  'CC BY-NC 4.0',
  'cc-by-nc-sa-4.0',
  'https://creativecommons.org/licenses/by-nd/4.0/',
  'Stability AI Community License',
  'llama3.1',
  'Research only',
  'UIUC-NCSA, CC BY-NC 4.0',
  'by-nd',
])('%s restricts what a team may do', (licence) => {
  expect(isRestrictive(licence)).toBe(true)
})

test.each([
  'apache-2.0',
  'MIT',
  'creativeml-openrail-m',
  'CC-BY-4.0',
  'cc-by-sa-4.0',
  'bsd-3-clause',
  'gpl-3.0',
  'University of Illinois/NCSA',
  'MIT-NDx',
])('%s does not restrict what a team may do', (licence) => {
  expect(isRestrictive(licence)).toBe(false)
})

test('finds licences that the user has named, regardless of case and separators', () => {
  expect(isNamed('CreativeML_OpenRAIL M', ['openrail-m'])).toBe(true)
  expect(isNamed('apache-2.0', ['openrail', ' APACHE_2 '])).toBe(true)
  expect(isNamed('apache-2.0', ['openrail', 'gpl'])).toBe(false)
  expect(isNamed('apache-2.0', [])).toBe(false)
})
