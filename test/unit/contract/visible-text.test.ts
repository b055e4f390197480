import { expect, test } from 'vitest'
import { visibleName, visiblePath, visibleText } from '../../../electron/contract/visible-text.ts'

test.each([
  ['a\u001b]0;title\u0007\u001b[2J', 'a�]0;title��[2J'],
  ['C1: \u009b31m', 'C1: �31m'],
  ['line\nbreak\r\u2028\u2029\ttab', 'line�break����tab'],
  ['gnp.\u202esrotasnetefas', 'gnp.�srotasnetefas'],
  ['\u2066isolated\u2069', '�isolated�'],
  ['half a surrogate \ud800', 'half a surrogate �'],
  ['soft\u00adhyphen, zero\u200bwidth, join\u200der, tag\u{e0041}', 'soft�hyphen, zero�width, join�er, tag�'],
])('shows deceptive characters of %j', (text, visible) => {
  expect(visibleText(text)).toBe(visible)
})

test.each(['水墨 (v2).safetensors', 'Zoë’s 👩‍🚀 models', 'مدل\u200cها', 'א\u200f!', 'e\u0301'])(
  'leaves ordinary text as it is: %s',
  (text) => {
    expect([visibleText(text), visibleName(text)]).toEqual([text, text])
  },
)

test.each(['"', '”', '」', '﹂', '″', 'ʺ', 'ˮ', '〃', '❞', '🙷'])('ends no quotation with %s', (mark) => {
  expect([visibleName(`a${mark}b`), visiblePath(`/a${mark}b`)]).toEqual(["a'b", "/a'b"])
})

test('shortens a path in the middle to 100 characters', () => {
  expect(visiblePath('/home/mira/models')).toBe('/home/mira/models')
  const longest = `/home/${'x'.repeat(94)}`
  expect([visiblePath(longest), visiblePath(`${longest}y`)]).toEqual([
    longest,
    `/home/${'x'.repeat(43)}…${'x'.repeat(49)}y`,
  ])
  const shortened = visiblePath(`/home/mira/${'x'.repeat(5_000)}\n/inbox`)
  expect([shortened.length, shortened.slice(0, 12), shortened.slice(-8)]).toEqual([
    100,
    '/home/mira/x',
    'x�/inbox',
  ])
})
