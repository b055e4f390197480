import { expect, test } from 'vitest'
import { redact, redactText } from '../../../electron/desktop/redact.ts'

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl-_x'

test.each([
  [`Authorization: Bearer ${jwt}`, 'Authorization: Bearer [removed]'],
  ['authorization: Basic YWxpY2U6c2VjcmV0', 'authorization: Basic [removed]'],
  [`the token ${jwt} was refused`, 'the token [removed] was refused'],
  ['key dk-AbCd_1234-xyz is dead', 'key dk-[removed] is dead'],
  ['sk-0123456789 and ak-0123456789', 'sk-[removed] and ak-[removed]'],
  ['https://alice:pass@proxy.example:8080/', 'https://alice:[removed]@proxy.example:8080/'],
  ['{"password":"correct horse","x":1}', '{"password":"[removed]","x":1}'],
  ['said {\\"accessToken\\": \\"a b\\"}', 'said {\\"accessToken\\": \\"[removed]\\"}'],
  ['grant_type=x&refresh_token=abc.def&y=1', 'grant_type=x&refresh_token=[removed]&y=1'],
  [
    'PUT https://s3.example/b/k?X-Amz-Credential=AK%2F1&X-Amz-Signature=0a1b&partNumber=3 failed',
    'PUT https://s3.example/b/k?X-Amz-Credential=[removed]&X-Amz-Signature=[removed]&partNumber=3 failed',
  ],
])('%s', (text, clean) => {
  expect(redactText(text)).toBe(clean)
})

test('ordinary words stay as they are', () => {
  const text =
    'task-12 is done: flux1-dev.safetensors, 3.2 GB, https://core.cyberun.cloud/api/v1/models?page=2'
  expect(redactText(text)).toBe(text)
})

test('a value with a secret’s name goes whatever it looks like, at any depth', () => {
  expect(redact({ email: 'a@b.c', password: 'x', headers: [{ Authorization: 'y', Range: 'z' }] })).toEqual({
    email: 'a@b.c',
    password: '[removed]',
    headers: [{ Authorization: '[removed]', Range: 'z' }],
  })
})

test('errors keep their message, code and cause without secrets', () => {
  const cause = Object.assign(new Error(`refused ${jwt}`), { code: 'ECONNRESET' })
  const shown = redact(new Error('could not send dk-12345678', { cause }))
  expect(shown).toMatchObject({
    name: 'Error',
    message: 'could not send dk-[removed]',
    cause: { message: 'refused [removed]', code: 'ECONNRESET' },
  })
  expect(JSON.stringify(shown)).not.toContain('eyJ')
})

test('cycles, depth, big numbers, dates and bytes become something that JSON can hold', () => {
  const round: Record<string, unknown> = { count: 10n, at: new Date(0), bytes: new Uint8Array(5) }
  round['self'] = round
  round['made'] = () => 1
  expect(redact(round)).toEqual({
    count: '10',
    at: '1970-01-01T00:00:00.000Z',
    bytes: '[5 bytes]',
    self: '[…]',
    made: '[function]',
  })
})

test('a long text is cut', () => {
  expect(String(redact('x'.repeat(100_000))).length).toBeLessThan(5_000)
})
