import { generateKeyPairSync, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  feedSignedAtMs,
  publicKeyOf,
  readFeedKeys,
  signFeed,
} from '../../../../electron/desktop/updates/feed-signature.ts'

const newKey = () =>
  generateKeyPairSync('ed25519', {
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
    publicKeyEncoding: { format: 'pem', type: 'spki' },
  }).privateKey
const [ours, next, otherKey] = [newKey(), newKey(), newKey()]
const keys = readFeedKeys(publicKeyOf(ours))
const feedFile = 'latest-linux.yml'
const text = 'version: 1.2.0\n'
const signedAtMs = Date.parse('2026-11-26T12:00:00.000Z')
const signatures = signFeed({ feedFile, text }, ours, signedAtMs)
const good = { feedFile, text, signatures, keys }

test('a feed signed by our key is accepted, with the date of the signature', () => {
  expect(feedSignedAtMs(good)).toBe(signedAtMs)
  expect(feedSignedAtMs({ ...good, signatures: `\r\n${signatures.replaceAll('\n', '\r\n')}\r\n` })).toBe(
    signedAtMs,
  )
})

test('another text, feed, key or a missing signature is rejected', () => {
  expect(feedSignedAtMs({ ...good, text: `${text} ` })).toBe(null)
  expect(feedSignedAtMs({ ...good, feedFile: 'latest.yml' })).toBe(null)
  const others = signFeed({ feedFile, text }, otherKey, signedAtMs)
  expect(feedSignedAtMs({ ...good, signatures: others })).toBe(null)
  for (const none of ['', '\n', 'not base64!', '<html></html>', '2026-11-26T12:00:00.000Z AAAA'])
    expect(feedSignedAtMs({ ...good, signatures: none })).toBe(null)
  expect(feedSignedAtMs({ ...good, keys: [] })).toBe(null)
})

test('a changed or removed date is rejected', () => {
  const [undated = '', dated = ''] = signatures.split('\n')
  expect(feedSignedAtMs({ ...good, signatures: undated })).toBe(null)
  const later = dated.replace('2026-11-26', '2027-11-26')
  expect(feedSignedAtMs({ ...good, signatures: `${undated}\n${later}` })).toBe(null)
  const [date = '', signature = ''] = dated.split(' ')
  expect(feedSignedAtMs({ ...good, signatures: signature })).toBe(null)
  expect(feedSignedAtMs({ ...good, signatures: `${date} ${undated}` })).toBe(null)
})

test('the newest of several signatures counts', () => {
  const renewed = signFeed({ feedFile, text }, ours, signedAtMs + 60_000)
  expect(feedSignedAtMs({ ...good, signatures: `${renewed}\n${signatures}` })).toBe(signedAtMs + 60_000)
})

test('apps up to 0.2.0 find their signature among the words of the file', () => {
  const bytes = Buffer.from(`modelferry feed 1\n${feedFile}\n${text}`)
  const words = signatures.split(/\s+/).map((word) => Buffer.from(word, 'base64'))
  expect(keys.some((key) => words.some((word) => verify(null, bytes, key, word)))).toBe(true)
})

test('signatures by two keys allow a key to be replaced', () => {
  const both = [signFeed({ feedFile, text }, next, signedAtMs), signatures].join('\n')
  expect(feedSignedAtMs({ ...good, signatures: both })).toBe(signedAtMs)
  expect(feedSignedAtMs({ ...good, signatures: both, keys: readFeedKeys(publicKeyOf(next)) })).toBe(
    signedAtMs,
  )
})

test('keys other than Ed25519 are skipped', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const other = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  expect(readFeedKeys(`${other}, rubbish ${publicKeyOf(ours)}`)).toHaveLength(1)
  expect(readFeedKeys('')).toEqual([])
})
