import * as v from 'valibot'
import { expect, test } from 'vitest'
import {
  isKnownServer,
  isLoopback,
  putLimitOf,
  serverAddressOf,
  storedServerAddress,
  withDefaultScheme,
} from '../../../electron/contract/servers.ts'

const entry = (address: string, singlePutLimitBytes: number | null = null) => ({
  address,
  singlePutLimitBytes,
})
const [core, studio] = ['https://core.example/api/v1', 'https://studio.example/api/v1'] as const

test('a server’s own limit of one PUT replaces the general one', () => {
  const settings = { singlePutLimitBytes: 5, servers: [entry(studio), entry(core, 9)] }
  expect(putLimitOf(settings, `${core}/`)).toBe(9)
  expect(putLimitOf(settings, studio)).toBe(5)
  expect(putLimitOf(settings, 'https://other.example')).toBe(5)
})

test.each([
  [' core.example/api ', 'https://core.example/api'],
  ['http://localhost:8787', 'http://localhost:8787'],
  ['  ', ''],
])('the typed address %j means %j', (typed, address) => {
  expect(withDefaultScheme(typed)).toBe(address)
})

test('requests may be sent only to the server for new sign-ins and to those in the list', () => {
  const settings = { server: `${core}/`, servers: [entry(studio)] }
  const isKnown = (address: string) => isKnownServer(settings, address)
  expect([core, `${studio}//`, 'https://other.example/api/v1'].map(isKnown)).toEqual([true, true, false])
})

test.each([
  ['localhost', true],
  ['[::1]', true],
  ['127.0.0.1', true],
  ['127.255.0.9', true],
  ['127.0.0.1.example', false],
  ['127.0.1', false],
  ['x127.0.0.1', false],
  ['localhost.example', false],
  ['10.0.0.1', false],
])('%s is this computer: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected)
})

test.each([
  ['https://core.example/api/v1//', core],
  [' https://core.example ', 'https://core.example'],
  ['http://localhost:8787/', 'http://localhost:8787'],
  ['http://core.example', null],
  ['ftp://localhost', null],
  ['https://user@core.example', null],
  ['https://:secret@core.example', null],
  ['https://core.example?x', null],
  ['https://core.example#x', null],
  ['core.example', null],
  [`https://${'x'.repeat(253)}`, `https://${'x'.repeat(253)}`],
  [`https://${'x'.repeat(254)}`, null],
  [`https://core.example/${'x'.repeat(99)}`, `https://core.example/${'x'.repeat(99)}`],
  [`https://core.example/${'x'.repeat(100)}`, null],
])('the address %s is stored as %s', (text, stored) => {
  expect(serverAddressOf(text)).toBe(stored)
  expect(v.safeParse(storedServerAddress, text).success).toBe(stored !== null)
})
