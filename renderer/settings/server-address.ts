import { failure, type Failure } from '../../electron/contract/failures.ts'
import { serverAddressOf } from '../../electron/contract/servers.ts'

export { asTyped } from '../../electron/contract/servers.ts'

/** Says at once why an address can't be a server's, or null. Whether one answers there only main can find out. */
export function addressProblem(address: string): Failure | null {
  return serverAddressOf(address) === null ? failure('bad-server-address') : null
}
