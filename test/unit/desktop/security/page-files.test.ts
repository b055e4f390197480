import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pageFile, pageHeaders } from '../../../../electron/desktop/security/page-files.ts'

const root = join('/', 'app', 'out', 'renderer')

test('page addresses are mapped to files', () => {
  expect(pageFile('app://ui/', root)).toBe(join(root, 'index.html'))
  expect(pageFile('app://ui/assets/a%20b.js?v=1#x', root)).toBe(join(root, 'assets', 'a b.js'))
})

test.each([
  'app://ui/..%2f..%2fpackage.json',
  'app://ui/assets/..%2f..%2f..%2fmain%2fmain.js',
  'app://ui/..%5c..%5cpackage.json',
  'app://ui/a.js%00.html',
  'app://ui/%ff.js',
  'app://other/index.html',
  'https://ui/index.html',
  'app://ui/assets',
  'app://ui/secrets.db',
  'not an address',
])('%s is not served', (address) => {
  expect(pageFile(address, root)).toBe(null)
})

test.each(['app://ui/../../a.js', 'app://ui/%2e%2e/%2e%2e/a.js'])(
  '%s stays inside the page folder',
  (address) => {
    expect(pageFile(address, root)).toBe(join(root, 'a.js'))
  },
)

test('every response has a strict CSP and a content type', () => {
  const headers = pageHeaders('/x/index.html')
  expect(headers['Content-Type']).toBe('text/html; charset=utf-8')
  expect(headers['X-Content-Type-Options']).toBe('nosniff')
  expect(headers['Content-Security-Policy']).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
      "connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  )
  expect(pageHeaders('a.js')['Content-Type']).toBe('text/javascript; charset=utf-8')
  expect(pageHeaders('a.svg')['Content-Type']).toBe('image/svg+xml')
})
