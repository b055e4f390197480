import { expect, test } from 'vitest'
import {
  addressOf,
  isAllowedAddress,
  isPairingAddress,
} from '../../../../electron/desktop/security/browser-addresses.ts'

const server = 'https://core.cyberun.cloud/api/v1'

test('every known page is allowed', () => {
  const pages = (['web-app', 'documentation', 'licences'] as const).map((page) => addressOf(page, server))
  expect(pages.filter((address) => !isAllowedAddress(address, server))).toEqual([])
  expect(pages[0]).toBe('https://app.cyberun.cloud/')
})

test('the web app of another server is at its own origin, and no other web app is allowed there', () => {
  const own = 'https://cloud.studio.example:8443/api/v1'
  expect(addressOf('web-app', own)).toBe('https://cloud.studio.example:8443/')
  expect(isAllowedAddress(addressOf('web-app', own), own)).toBe(true)
  expect(isAllowedAddress('https://app.cyberun.cloud/', own)).toBe(false)
})

test.each([
  'https://core.cyberun.cloud.example.org/',
  'https://core.cyberun.cloud@example.org/',
  'https://someone@core.cyberun.cloud/',
  'https://core.cyberun.cloud:8443/',
  'http://core.cyberun.cloud/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'modelferry.app',
  '',
])('“%s” is rejected', (address) => {
  expect(isAllowedAddress(address, server)).toBe(false)
})

test('the web app of a server on this computer may be opened without https', () => {
  const local = 'http://127.0.0.1:8787/api/v1'
  expect(isAllowedAddress(addressOf('web-app', local), local)).toBe(true)
  for (const address of ['http://127.0.0.1:8788/', 'http://localhost:8787/', 'http://a@127.0.0.1:8787/'])
    expect(isAllowedAddress(address, local)).toBe(false)
  expect(isAllowedAddress('http://127.0.0.1:8787/', 'https://127.0.0.1:8787/api/v1')).toBe(false)
  expect(isAllowedAddress('http://cloud.example/', 'http://cloud.example/api/v1')).toBe(false)
})

test('an invalid server address allows nothing', () => {
  expect(isAllowedAddress(addressOf('web-app', 'nonsense'), 'nonsense')).toBe(false)
})

test.each([
  ['https://app.cyberun.cloud/desktop/pair?user_code=AB7K-PNQ3', server],
  ['http://127.0.0.1:8787/desktop/pair?user_code=AB7K-PNQ3', 'http://127.0.0.1:8787/api/v1'],
])('a pairing page at “%s” of %s is allowed', (address, at) => {
  expect(isPairingAddress(address, at)).toBe(true)
})

test.each([
  ['http://app.cyberun.cloud/desktop/pair', server],
  ['http://127.0.0.1:8787/desktop/pair', server],
  ['https://app.cyberun.cloud@example.org/', server],
  ['file:///usr/bin/calculator', 'http://127.0.0.1:8787/api/v1'],
  ['ms-settings:privacy', server],
  ['javascript:alert(1)', server],
  ['', server],
])('a pairing page at “%s” of %s is rejected', (address, at) => {
  expect(isPairingAddress(address, at)).toBe(false)
})
