import fc from 'fast-check'
import { homedir } from 'node:os'
import { expect, test } from 'vitest'
import { redact, redactText } from '../../../electron/platform/redact.ts'

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
const word = fc.string({
  unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'),
  minLength: 3,
  maxLength: 12,
})
/** Text around a secret in a log line: anything that does not continue the secret. */
const around = fc.string({ maxLength: 40 }).map((text) => `${text} `)

test('removes the signatures of presigned URLs from any text', () => {
  fc.assert(
    fc.property(around, word, hex(64), (before, key, signature) => {
      const url = `https://s3.example/bucket/${key}?X-Amz-Expires=900&X-Amz-Signature=${signature}&X-Amz-Credential=${signature}`
      expect(redactText(`${before}${url}`)).not.toContain(signature)
      expect(JSON.stringify(redact({ error: new Error(`PUT ${url}`), at: new URL(url) }))).not.toContain(
        signature,
      )
    }),
  )
})

test('removes tokens, keys and proxy passwords from any text', () => {
  fc.assert(
    fc.property(around, hex(32), (before, secret) => {
      for (const line of [
        `Authorization: Bearer ${secret}`,
        `dk-${secret}`,
        `http://ann:${secret}@proxy.example:3128`,
        `{"refresh_token":"${secret}"}`,
        `password=${secret}`,
      ])
        expect(redactText(`${before}${line}`)).not.toContain(secret)
      expect(JSON.stringify(redact({ proxyPassword: secret, token: { value: secret } }))).not.toContain(
        secret,
      )
    }),
  )
})

test('removes the name of home folders on any system', () => {
  fc.assert(
    fc.property(word, word, (person, file) => {
      const name = `${person}zq`
      for (const path of [
        `/home/${name}/${file}`,
        `/Users/${name}/${file}`,
        `C:\\Users\\${name}\\${file}`,
        `D:\\Users\\${name} Doe\\${file}`,
      ])
        for (const text of [
          path,
          `could not read ${path}`,
          JSON.stringify({ path }),
          `file:///${path}`,
          `at x (${path}:1:2)`,
        ]) {
          expect(redactText(text)).not.toContain(name)
          expect(redactText(text)).toContain(file)
        }
    }),
  )
})

test('replaces this computer’s home folder by ~, but not longer names', () => {
  expect(redactText(`${homedir()}/models/x.gguf`)).toBe('~/models/x.gguf')
  expect(redactText(`in ${homedir()}`)).toBe('in ~')
  expect(redactText(`${homedir()}-other/x`).startsWith('~')).toBe(false)
})

test('keeps text without secrets', () => {
  for (const text of [
    'sent 3 of 8 parts',
    'https://core.cyberun.cloud/api/v1/users/me',
    'a home/run',
    '/opt/Modelferry',
  ])
    expect(redactText(text)).toBe(text)
})
