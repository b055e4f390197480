import { describe, expect, test } from 'vitest'
import {
  isAllowedRequest,
  isOurPage,
  rejectionReason,
  type Sender,
} from '../../../../electron/desktop/security/ipc-sender.ts'

const ours = 7
const page: Sender = { contentsId: ours, frame: { url: 'app://ui/', isMain: true } }

describe('the sender of a call', () => {
  test('is accepted for the main frame of our window on our page', () => {
    expect(rejectionReason(page, ours)).toBe(null)
    expect(rejectionReason({ ...page, frame: { url: 'app://ui/index.html#x', isMain: true } }, ours)).toBe(
      null,
    )
  })

  test.each<[string, Sender]>([
    ['another window', { ...page, contentsId: 8 }],
    ['a destroyed frame', { ...page, frame: null }],
    ['a subframe', { ...page, frame: { url: 'app://ui/', isMain: false } }],
    ['another page', { ...page, frame: { url: 'https://ui/', isMain: true } }],
    ['another page', { ...page, frame: { url: 'app://ui.example.org/', isMain: true } }],
    ['another page', { ...page, frame: { url: 'app://other@ui/', isMain: true } }],
    ['another page', { ...page, frame: { url: '', isMain: true } }],
  ])('%s is refused by name', (reason, sender) => {
    expect(rejectionReason(sender, ours)).toBe(reason)
  })

  test('is rejected while no window is open', () => {
    expect(rejectionReason(page, null)).toBe('no window is open')
  })
})

test('addresses are compared by parsed scheme and host, not by prefix', () => {
  expect(['app://ui/', 'app://ui/a/b.js?x'].map(isOurPage)).toEqual([true, true])
  expect(['app://ui.evil/', 'app://uix/', 'app:ui', 'file:///ui/', 'nonsense'].map(isOurPage)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ])
})

test('the page may load its own files, and developer tools in development', () => {
  expect(isAllowedRequest('app://ui/assets/a.js', true)).toBe(true)
  expect(isAllowedRequest('devtools://devtools/bundled/x.html', false)).toBe(true)
  const refused = [
    'devtools://devtools/bundled/x.html',
    'https://core.cyberun.cloud/api/v1',
    'http://127.0.0.1:8787/',
    'file:///etc/passwd',
    'ws://localhost/',
    'app://other/x',
  ]
  expect(refused.filter((url) => isAllowedRequest(url, true))).toEqual([])
})
