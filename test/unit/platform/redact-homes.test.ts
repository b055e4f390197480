import fc from 'fast-check'
import { homedir } from 'node:os'
import { expect, test, vi } from 'vitest'
import { redact, redactText } from '../../../electron/platform/redact.ts'
import { startCpuTimer } from '../../support/cpu-time.ts'

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
        `/mnt/c/Users/${name}/${file}`,
        `/Volumes/Disk 2/Users/${name}/${file}`,
        `/var/home/${name}/${file}`,
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

test('removes the whole name of a Windows user in the Linux subsystem', () => {
  expect(redactText('in /mnt/c/Users/Ann Doe/models')).toBe('in /mnt/c/Users/[person]/models')
})

test.each(['/', ''])('replaces no path by ~ if the home folder is “%s”', async (home) => {
  const before = process.env['HOME']
  process.env['HOME'] = home
  vi.resetModules()
  try {
    const fresh = await import('../../../electron/platform/redact.ts')
    expect(fresh.redactText('PUT /models/x through http://ann:secret@proxy.example')).toBe(
      'PUT /models/x through http://[removed]@proxy.example',
    )
  } finally {
    if (before === undefined) delete process.env['HOME']
    else process.env['HOME'] = before
  }
})

test.each([
  ['https://host.example/home/x', 'https://host.example/home/x'],
  ['GET https://host.example/-/Users/x failed', 'GET https://host.example/-/Users/x failed'],
  ['models/home/a.safetensors', 'models/home/a.safetensors'],
  ['{"path":"loras/Users/a.gguf"}', '{"path":"loras/Users/a.gguf"}'],
  ['https://host.example, then /home/ann/x', 'https://host.example, then /home/[person]/x'],
  ['path=/srv/My Files/home/ann/x', 'path=/srv/My Files/home/[person]/x'],
  [JSON.stringify('a\n/home/ann/x'), JSON.stringify('a\n/home/[person]/x')],
  ['/usr/bin:/home/ann/bin', '/usr/bin:/home/[person]/bin'],
])('removes the name from absolute paths only: %s', (text, expected) => {
  expect(redactText(text)).toBe(expected)
})

test('removes passwords with any characters from JSON, also within JSON', () => {
  fc.assert(
    fc.property(hex(16), fc.string({ unit: 'grapheme', maxLength: 20 }), fc.nat(3), (half, middle, depth) => {
      let text = JSON.stringify({ user_password: `${half}${middle}${half}`, next: 'kept' })
      for (let level = 0; level < depth; level += 1) text = JSON.stringify({ body: text })
      expect(redactText(text)).not.toContain(half)
      expect(redactText(text)).toContain('kept')
    }),
    { numRuns: 500 },
  )
})

test('removes the query and the login of any URL', () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), hex(16), (url, secret) => {
      // A host name such as `ak-abcd` looks like a key.
      fc.pre(!/\b(?:dk|sk|ak)-|eyJ/.test(url))
      const clean = redactText(url)
      expect(clean.split(/[?#]/)[0]).toBe(url.split(/[?#]/)[0])
      const signed = url.replace('://', `://ann:${secret}@`).replace(/[?#].*|$/, `?any-name=${secret}`)
      for (const text of [signed, JSON.stringify([signed]), signed.replaceAll('/', '\\/')])
        expect(redactText(text)).not.toContain(secret)
    }),
    { numRuns: 500 },
  )
})

test('takes time in proportion to the length of the text', () => {
  for (const unit of [
    'password',
    'password:',
    '://a:',
    'https://',
    'a:b@',
    '\\',
    'x-amz-a',
    '?sig=',
    'dk-',
    '"password":"\\',
    '/home/',
    '/home/a ',
    '/a b',
    ' a',
    '/ a:',
  ]) {
    const text = unit.repeat(400_000 / unit.length)
    const cpuMs = startCpuTimer()
    redactText(text)
    expect(cpuMs()).toBeLessThan(2_000)
  }
})
