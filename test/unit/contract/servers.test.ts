import * as v from 'valibot'
import { expect, test } from 'vitest'
import {
  putLimitOf,
  singlePutLimit,
  serversOf,
  withDefaultScheme,
} from '../../../electron/contract/servers.ts'

const entry = (address: string, singlePutLimitBytes: number | null = null) => ({
  address,
  singlePutLimitBytes,
})
const [core, studio] = ['https://core.example/api/v1', 'https://studio.example/api/v1'] as const

test('lists the server for new sign-ins first, unless it is in the list', () => {
  expect(serversOf({ server: core, servers: [entry(studio, 9)] })).toEqual([entry(core), entry(studio, 9)])
  const servers = [entry(studio), entry(core, 9)]
  expect(serversOf({ server: `${core}/`, servers })).toEqual(servers)
})

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

test.each([
  [5 * 1024 ** 2 - 1, false],
  [5 * 1024 ** 2, true],
  [5 * 1024 ** 3, true],
  [5 * 1024 ** 3 + 1, false],
])('S3 can take a file of %i bytes with one PUT or as a part: %s', (sizeBytes, isPossible) => {
  expect(v.is(singlePutLimit, sizeBytes)).toBe(isPossible)
})
