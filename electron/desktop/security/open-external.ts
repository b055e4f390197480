import { shell } from 'electron'
import { failed, failure, success, type Result } from '../../contract/failures.ts'
import type { Log } from '../../platform/environment.ts'
import { isAllowedAddress } from './allowed-addresses.ts'

/**
 * Opens an address in the person's browser: one of our own or of the server in the settings, unless `isAllowed` says
 * otherwise. The one place that does so.
 */
export async function openExternal(
  address: string,
  server: string,
  log: Log,
  isAllowed: (address: string, server: string) => boolean = isAllowedAddress,
): Promise<Result<void>> {
  if (!isAllowed(address, server)) {
    log.warn('an address was not opened', { address })
    return failed(failure('bad-call'))
  }
  try {
    await shell.openExternal(new URL(address).href)
    return success(undefined)
  } catch (error) {
    log.error('no browser took an address', { address, error })
    return failed(failure('unexpected'))
  }
}
