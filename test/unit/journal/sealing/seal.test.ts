import { expect, test } from 'vitest'
import { decrypt, encrypt, ownerTag } from '../../../../electron/journal/sealing/seal.ts'

const seal = {
  id: '3f0c6b1e-8f1d-4a52-9b7e-5d1c2a9e4b60',
  key: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
}
const alice = { server: 'https://cloud.example/api/v1', personId: 'alice' }

test('decrypts what earlier versions have encrypted, and recognises its owner', () => {
  const content = 'AVUp+4orMCd0hyowZnBH6ydFnAsbeUkAS11Yy5h4vAMv3/o+mTRsAhhlqB7eheF2pGi10WN2WQ=='
  expect(decrypt(seal, Buffer.from(content, 'base64'))).toBe('{"version":19,"rows":{}}')
  expect(ownerTag(seal, alice)).toBe('ltvQFnadvrf9WtAOO33tClwUuhXHdPeO9nctnVKVESI')
})

test('content that was cut short is refused', () => {
  const content = encrypt(seal, 'text')
  const results = Array.from(content, (_byte, length) => decrypt(seal, content.subarray(0, length)))
  expect(new Set(results)).toEqual(new Set([null]))
})
