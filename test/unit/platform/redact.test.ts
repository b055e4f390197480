import { expect, test } from 'vitest'
import { redact, redactText } from '../../../electron/platform/redact.ts'
import { startCpuTimer } from '../../support/cpu-time.ts'

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl-_x'

test.each([
  [`Authorization: Bearer ${jwt}`, 'Authorization: Bearer [removed]'],
  ['authorization: Basic YWxpY2U6c2VjcmV0', 'authorization: Basic [removed]'],
  [`the token ${jwt} was refused`, 'the token [removed] was refused'],
  ['key dk-AbCd_1234-xyz is dead', 'key dk-[removed] is dead'],
  ['sk-0123456789 and ak-0123456789', 'sk-[removed] and ak-[removed]'],
  ['https://alice:pass@proxy.example:8080/', 'https://[removed]@proxy.example:8080/'],
  ['https://alice@proxy.example:8080/a@b', 'https://[removed]@proxy.example:8080/a@b'],
  ['http://alice:p@ss@proxy.example:8080/', 'http://[removed]@proxy.example:8080/'],
  ['http://alice:p/a?s#s@proxy.example:8080/', 'http://[removed]@proxy.example:8080/'],
  [String.raw`http:\/\/alice:p\u0040ss@proxy.example\/`, String.raw`http:\/\/[removed]@proxy.example\/`],
  [
    'open https%3A%2F%2Fs3.example%2Fk%3FX-Amz-Signature%3Dab&next=1 failed',
    'open https%3A%2F%2Fs3.example%2Fk%3F[removed]&next=1 failed',
  ],
  [
    'u=https%253A%252F%252Fs3.example%252Fk%253Fsig%253D0a1b',
    'u=https%253A%252F%252Fs3.example%252Fk%253F[removed]',
  ],
  ['u=https%3a%2f%2falice%3apass%40h.example%2fa%23b', 'u=https%3a%2f%2f[removed]@h.example%2fa%23[removed]'],
  ['k%3FX-Amz-Signature%3D0a1b', 'k%3FX-Amz-Signature%3D[removed]'],
  [
    '"Authorization":"AWS4-HMAC-SHA256 Credential=AK/1/s3, SignedHeaders=host;x-a, Signature=0a1b","x":1',
    '"Authorization":"AWS4-HMAC-SHA256 [removed]","x":1',
  ],
  [
    'authorization: AWS4-HMAC-SHA256 Credential=AK/1/s3,SignedHeaders=host,Signature=0a1b next',
    'authorization: AWS4-HMAC-SHA256 [removed] next',
  ],
  [
    String.raw`{"Authorization":"Digest username=\"ann\", nonce=\"0a,1b\", qop=auth, response=\"2c\""}`,
    '{"Authorization":"Digest [removed]"}',
  ],
  ['Proxy-Authorization: Negotiate YIIJvwYGKwYBBQUCoIIJszCC', 'Proxy-Authorization: Negotiate [removed]'],
  ['socks5://:pass@proxy.example', 'socks5://[removed]@proxy.example'],
  ['{"password":"correct horse","x":1}', '{"password":"[removed]","x":1}'],
  ['said {\\"accessToken\\": \\"a b\\"}', 'said {\\"accessToken\\": \\"[removed]\\"}'],
  [JSON.stringify({ password: 'a "b" c\\', x: 1 }), '{"password":"[removed]","x":1}'],
  [
    JSON.stringify({ body: JSON.stringify({ password: 'a "b" c\\', x: 1 }) }),
    JSON.stringify({ body: '{"password":"[removed]","x":1}' }),
  ],
  ['grant_type=x&refresh_token=abc.def&y=1', 'grant_type=x&refresh_token=[removed]&y=1'],
  [
    'PUT https://s3.example/b/k?X-Amz-Credential=AK%2F1&X-Amz-Signature=0a1b&partNumber=3 failed',
    'PUT https://s3.example/b/k?[removed] failed',
  ],
  [
    String.raw`{"url":"https:\/\/s3.example\/k?X-Amz-Date=1\u0026X-Amz-Signature=0a1b","x":1}`,
    String.raw`{"url":"https:\/\/s3.example\/k?[removed]","x":1}`,
  ],
  [
    'https://blob.example/k?sv=1&sig=0a1b#c, https://h.example/#token=0a1b',
    'https://blob.example/k?[removed] https://h.example/#[removed]',
  ],
  [
    'PUT /b/k?X-Goog-Credential=a%2Fb&X-Goog-Signature=0a1b&y=1',
    'PUT /b/k?X-Goog-Credential=[removed]&X-Goog-Signature=[removed]&y=1',
  ],
  ['GoogleAccessId=a@b&Expires=1&Signature=0a1b', 'GoogleAccessId=[removed]&Expires=1&Signature=[removed]'],
  [
    '/k?OSSAccessKeyId=a&Expires=1&Signature=0a1b',
    '/k?OSSAccessKeyId=[removed]&Expires=1&Signature=[removed]',
  ],
  ['/k?x-oss-credential=a&x-oss-signature=0a1b', '/k?x-oss-credential=[removed]&x-oss-signature=[removed]'],
  [
    '/k?q-ak=a&q-sign-time=1;2&q-signature=0a1b',
    '/k?q-ak=[removed]&q-sign-time=[removed]&q-signature=[removed]',
  ],
  ['/k?x-cos-security-token=a&sign=0a1b', '/k?x-cos-security-token=[removed]&sign=[removed]'],
  ['{"user_password":"a\\"b","x":1}', '{"user_password":"[removed]","x":1}'],
  ['proxyPassword = hunter\\ 2 next', 'proxyPassword = [removed] next'],
  [`password=hun"ter'2, next`, 'password=[removed], next'],
  ['TOKEN=abc&x=1', 'TOKEN=[removed]&x=1'],
  ['{"token": "abc","x":1}', '{"token": "[removed]","x":1}'],
  ['"Signature":"0a1b"', '"Signature":"[removed]"'],
  ['Cookie: a=b; c=d\nnext', 'Cookie: [removed]\nnext'],
  ['{"Set-Cookie":"a=b; c=d","x":1}', '{"Set-Cookie":"[removed]","x":1}'],
  ['Authorization: Token abc', 'Authorization: Token [removed]'],
  ['raw_key=abc, X-API-KEY: abc', 'raw_key=[removed], X-API-KEY: [removed]'],
  [`login --password 'a b' --token abc -x`, 'login --password [removed] --token [removed] -x'],
  ['DK-ABCD1234', 'DK-[removed]'],
])('%s', (text, clean) => {
  expect(redactText(text)).toBe(clean)
})

test('removes values with a secret’s name at any depth', () => {
  const headers = [{ Authorization: 'y', Range: 'z' }]
  expect(redact({ email: 'a@b.c', password: 'x', device_code: 'w', headers })).toEqual({
    email: 'a@b.c',
    password: '[removed]',
    device_code: '[removed]',
    headers: [{ Authorization: '[removed]', Range: 'z' }],
  })
})

test('keeps message, code and cause of errors without secrets', () => {
  const cause = Object.assign(new Error(`refused ${jwt}`), { code: 'ECONNRESET' })
  const shown = redact(new Error('could not send dk-12345678', { cause }))
  expect(shown).toMatchObject({
    name: 'Error',
    message: 'could not send dk-[removed]',
    cause: { message: 'refused [removed]', code: 'ECONNRESET' },
  })
  expect(JSON.stringify(shown)).not.toContain('eyJ')
})

test('removes the values of Map entries with a secret’s name at any depth', () => {
  const headers = new Map([['Authorization', 'hunter2']])
  expect(redact(new Map([['password', 'hunter2']]))).toEqual([['password', '[removed]']])
  expect(redact({ requests: [new Map<string, unknown>([['first', { headers }]])] })).toEqual({
    requests: [[['first', { headers: [['Authorization', '[removed]']] }]]],
  })
})

test('removes secrets in keys and values of Maps, Sets and arrays', () => {
  const key = 'dk-12345678'
  const kept: unknown = redact({
    map: new Map<unknown, unknown>([
      [key, key],
      [{ password: 'hunter2' }, 1],
    ]),
    set: new Set([key, { token: 'hunter2' }]),
    array: [[key], new Set([new Error(key)])],
  })
  expect(kept).toMatchObject({
    map: [
      ['dk-[removed]', 'dk-[removed]'],
      [{ password: '[removed]' }, 1],
    ],
    set: ['dk-[removed]', { token: '[removed]' }],
    array: [['dk-[removed]'], [{ message: 'dk-[removed]' }]],
  })
  expect(JSON.stringify(kept)).not.toMatch(/12345678|hunter2/)
})

test.each([
  '{"password":"correct horse battery"}',
  'https://alice:correct-horse-battery@proxy.example',
  'dk-correct-horse-battery',
])('leaves no part of a secret where a long text is cut: %s', (secret) => {
  for (let cutAt = 1; cutAt < secret.length; cutAt += 1) {
    const text = `${' '.repeat(4_000 - cutAt)}${secret} and more`
    expect(redact(text)).not.toContain('cor')
  }
})

test('removes a quoted secret without a closing quote up to the end of its line', () => {
  expect(redactText('{"password":"correct horse\nnext')).toBe('{"password":"[removed]"\nnext')
})

test.each([
  ['', 'q-'],
  ['', 'X-Amz-'],
  ['', 'AWS4-'],
  ['"password":"', '\\'],
])('reads a long text of repetitions only once: %s%s', (start, repeated) => {
  const cpuMs = startCpuTimer()
  redactText(start + repeated.repeat(200_000))
  // About 0.1 s; if each repetition read all following ones, minutes.
  expect(cpuMs()).toBeLessThan(2_000)
})
