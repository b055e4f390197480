import { extname, join, normalize, sep } from 'node:path'
import { isOurPage } from './ipc-sender.ts'

/** The file types of the built page; others are not served. */
const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

/** The page may only load its own files and send no requests. WebRTC is not covered (see security.ts). */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Headers for every response; the content type depends on the extension of `path`. */
export function pageHeaders(path: string): Record<string, string> {
  return {
    'Content-Type': contentTypes[extname(path)] ?? 'application/octet-stream',
    'Content-Security-Policy': contentSecurityPolicy,
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
  }
}

/** The file for an address of the page; null if it is outside `root` or of an unknown type. */
export function pageFile(address: string, root: string): string | null {
  const url = URL.parse(address)
  if (!url || !isOurPage(address)) return null
  let name: string
  try {
    name = decodeURIComponent(url.pathname)
  } catch {
    return null
  }
  // A backslash separates folders on Windows; a NUL would end the name in system calls.
  if (/[\\\0]/.test(name)) return null
  const path = normalize(join(root, name === '/' ? 'index.html' : name))
  if (!path.startsWith(normalize(root) + sep)) return null
  return extname(path) in contentTypes ? path : null
}
