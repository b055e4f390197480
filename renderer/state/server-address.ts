import { failure, type Failure } from '../../electron/contract/errors.ts'

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Says at once why an address can't be a server's, or null. Whether one answers there only main can find out. */
export function addressProblem(address: string): Failure | null {
  const url = URL.parse(address.trim())
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback.has(url.hostname))
  return isSafe && url.username === '' && url.search === '' && url.hash === ''
    ? null
    : failure('bad-server-address')
}
