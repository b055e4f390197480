import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  isFeedSigned,
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
const signatures = signFeed(feedFile, text, ours)

test('a feed signed by our key is accepted', () => {
  expect(isFeedSigned({ feedFile, text, signatures, keys })).toBe(true)
})

test('another text, feed, key or a missing signature is rejected', () => {
  const good = { feedFile, text, signatures, keys }
  expect(isFeedSigned({ ...good, text: `${text} ` })).toBe(false)
  expect(isFeedSigned({ ...good, feedFile: 'latest.yml' })).toBe(false)
  expect(isFeedSigned({ ...good, signatures: signFeed(feedFile, text, otherKey) })).toBe(false)
  for (const none of ['', '\n', 'not base64!', '<html></html>'])
    expect(isFeedSigned({ ...good, signatures: none })).toBe(false)
  expect(isFeedSigned({ ...good, keys: [] })).toBe(false)
})

test('signatures by two keys allow a key to be replaced', () => {
  const both = [signFeed(feedFile, text, next), signatures].join('\n')
  expect(isFeedSigned({ feedFile, text, signatures: both, keys })).toBe(true)
  expect(isFeedSigned({ feedFile, text, signatures: both, keys: readFeedKeys(publicKeyOf(next)) })).toBe(true)
})

test('keys other than Ed25519 are skipped', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const other = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  expect(readFeedKeys(`${other}, rubbish ${publicKeyOf(ours)}`)).toHaveLength(1)
  expect(readFeedKeys('')).toEqual([])
})
