import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pageFile } from '../../../../electron/desktop/security/content-security-policy.ts'

const root = join('/', 'app', 'out', 'renderer')

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
