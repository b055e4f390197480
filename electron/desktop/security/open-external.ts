import { shell } from 'electron'
import { failed, failure, success, type Result } from '../../contract/failures.ts'
import type { Log } from '../../platform/environment.ts'
import { isAllowedAddress } from './browser-addresses.ts'

/**
 * Opens an address in the browser if `isAllowed` accepts it; by default the app's own addresses and those of
 * the server in the settings. The only place that opens external addresses.
 */
export async function openExternal(
  address: string,
  server: string,
  log: Log,
  isAllowed: (address: string, server: string) => boolean = isAllowedAddress,
): Promise<Result<void>> {
  if (!isAllowed(address, server)) {
    log.warn('an address was rejected', { address })
    return failed(failure('bad-call'))
  }
  try {
    await shell.openExternal(new URL(address).href)
    return success(undefined)
  } catch (error) {
    log.error('an address could not be opened', { address, error })
    return failed(failure('unexpected'))
  }
}
