import { failed, failure, success, type Result } from '../contract/failures.ts'

/** What a pasted key is. Only a device's key can upload; the others are known by sight and never sent anywhere. */
export function parseDeviceKey(pasted: string): Result<string> {
  const key = pasted.trim()
  if (key.startsWith('sk-')) return failed(failure('key-of-api'))
  if (key.startsWith('ak-')) return failed(failure('key-of-agent'))
  // It becomes a header: printable ASCII and no space (RFC 6750, 2.1).
  return /^dk-[\x21-\x7e]+$/.test(key) ? success(key) : failed(failure('key-unknown'))
}
