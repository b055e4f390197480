import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { success } from '../../../../electron/contract/failures.ts'
import {
  checkStorageAddress,
  isLocalAddress,
  lookupRemote,
} from '../../../../electron/platform/network/storage-address.ts'

const storage = 'https://storage.example/k'
const server = 'https://core.example/api/v1'

const check = (url: unknown, headers: unknown = {}) =>
  checkStorageAddress({ server, url, headers, sizeBytes: 1_000 })
const refused = (code: string) => ({ ok: false, failure: { code } })

test('leaves out the host only if it is the one of the address', () => {
  expect(check(storage, { host: 'STORAGE.EXAMPLE' })).toEqual(
    success({ url: storage, headers: {}, allowsLocalAddress: false }),
  )
  expect(check(storage, { host: 'other.example' })).toMatchObject(refused('upload-header-refused'))
  expect(check(storage, { hosts: 'storage.example' })).toMatchObject(refused('upload-header-refused'))
})

test.each([
  ['http://localhost:7000', 'http://127.0.0.1:9000/k', true],
  ['http://127.0.0.1:7000', 'http://storage.example/k', true],
  ['https://api.localhost', 'https://storage.localhost/k', true],
  ['https://169.254.7.5/api', 'https://169.254.7.5:9000/k', false],
])('a server at %s may use the storage %s', (local, url, allowsLocalAddress) => {
  const checked = checkStorageAddress({ server: local, url, headers: null, sizeBytes: 1 })
  expect(checked).toEqual(success({ url, headers: {}, allowsLocalAddress }))
})

test.each([
  ['https://localhost:7000', 'http://localhost:9000/k'],
  ['https://core.example', 'https://localhost/k'],
  ['https://core.example', 'https://localhost.localdomain/k'],
  ['https://169.254.7.5/api', 'https://169.254.7.6/k'],
])('a server at %s may not use the storage %s', (local, url) => {
  const checked = checkStorageAddress({ server: local, url, headers: null, sizeBytes: 1 })
  expect(checked).toMatchObject(refused('upload-address-refused'))
})

test.each([
  ['the unspecified addresses', '0.0.0.0', '0.255.255.255', '1.0.0.0'],
  ['loopback', '127.0.0.0', '127.255.255.255', '128.0.0.0'],
  ['link-local addresses', '169.254.0.0', '169.254.255.255', '169.255.0.0'],
  ['IPv4-compatible addresses', '::', '::ffff:ffff', '::1:0:0'],
  ['multicast and reserved addresses', '224.0.0.0', '255.255.255.255', '223.255.255.255'],
  [
    'link-local and site-local addresses of IPv6',
    'fe80::',
    'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    'fe7f::',
  ],
  ['multicast addresses of IPv6', 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fe7f:ffff::'],
  ['Teredo addresses', '2001::', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff', '2001:1::'],
  ['translated unspecified addresses', '::ffff:0:0:0', '::ffff:0:ff:ffff', '::ffff:0:100:0'],
  ['translated loopback', '::ffff:0:7f00:0', '::ffff:0:7fff:ffff', '::ffff:0:8000:0'],
  ['translated link-local addresses', '::ffff:0:a9fe:0', '::ffff:0:a9fe:ffff', '::ffff:0:a9ff:0'],
  ['unspecified addresses by NAT64', '64:ff9b::', '64:ff9b::ff:ffff', '64:ff9b::100:0'],
  ['loopback by NAT64', '64:ff9b::7f00:0', '64:ff9b::7fff:ffff', '64:ff9b::8000:0'],
  ['link-local addresses by NAT64', '64:ff9b::a9fe:0', '64:ff9b::a9fe:ffff', '64:ff9b::a9ff:0'],
  ['a network’s own NAT64', '64:ff9b:1::808:808', '64:ff9b:1:ffff:ffff:ffff:dfff:ffff', '64:ff9b:2::'],
  ['unspecified addresses by 6to4', '2002::', '2002:ff:ffff:ffff:ffff:ffff:ffff:ffff', '2002:100::'],
  ['loopback by 6to4', '2002:7f00::', '2002:7fff:ffff:ffff:ffff:ffff:ffff:ffff', '2002:8000::'],
  ['link-local addresses by 6to4', '2002:a9fe::', '2002:a9fe:ffff:ffff:ffff:ffff:ffff:ffff', '2002:a9ff::'],
])('%s are local from the first to the last one', (_what, first, last, next) => {
  expect([first, last, next].map(isLocalAddress)).toEqual([true, true, false])
})

test('the addresses of this computer are local', () => {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  expect(own.filter(({ address }) => !isLocalAddress(address))).toEqual([])
  const [ipv4] = own.filter(({ family, internal }) => family === 'IPv4' && !internal)
  if (ipv4) expect(isLocalAddress(`64:ff9b::${ipv4.address}`)).toBe(true)
})

const lookup = (hostname: string, all: boolean) =>
  new Promise((resolve) => {
    lookupRemote(hostname, { all }, (error, ...found) => resolve(error ?? found))
  })

test('resolves a name to its remote addresses, all or the first one', async () => {
  expect(await lookup('192.0.2.7', true)).toEqual([[{ address: '192.0.2.7', family: 4 }]])
  expect(await lookup('192.0.2.7', false)).toEqual(['192.0.2.7', 4])
  expect(await lookup('2001:db8::1', false)).toEqual(['2001:db8::1', 6])
})

test.each([true, false])('reports a name with local addresses only (all: %s)', async (all) => {
  expect(await lookup('127.0.0.9', all)).toMatchObject({ code: 'LOCAL_ADDRESS 127.0.0.9' })
  expect(await lookup('fe80::1', all)).toMatchObject({ code: 'LOCAL_ADDRESS fe80::1' })
})

test('returns the error for a name that cannot be resolved', async () => {
  // It is too long for any resolver to be asked.
  expect(await lookup('a'.repeat(300), true)).toMatchObject({ syscall: 'getaddrinfo' })
})
