import { failure, type Failure } from '../../../electron/contract/failures.ts'
import { serverAddressOf } from '../../../electron/contract/servers.ts'

export { withDefaultScheme as asTyped } from '../../../electron/contract/servers.ts'

/** Why an address is malformed, or null. Reachability is checked by the main process. */
export function addressProblem(address: string): Failure | null {
  return serverAddressOf(address) === null ? failure('bad-server-address') : null
}
