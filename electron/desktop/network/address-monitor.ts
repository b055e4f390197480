import { networkInterfaces } from 'node:os'

const checkIntervalMs = 5_000

const currentAddresses = () =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => (addresses ?? []).filter(({ internal }) => !internal))
    .map(({ address }) => address)
    .sort()
    .join(' ')

/**
 * Detects on every system that the computer's addresses changed: a cable, another Wi-Fi network, a VPN. It
 * checks only while it is active, so that an idle app has no timer.
 */
export function createAddressMonitor(options: {
  readonly onChange: () => void
  readonly readAddresses?: () => string
}): { readonly setActive: (isActive: boolean) => void } {
  const { onChange, readAddresses = currentAddresses } = options
  let known = readAddresses()
  let timer: NodeJS.Timeout | null = null

  function check(): void {
    const current = readAddresses()
    if (current === known) return
    known = current
    onChange()
  }

  return {
    setActive(isActive) {
      if (isActive && !timer) {
        check()
        timer = setInterval(check, checkIntervalMs)
        timer.unref()
      }
      if (!isActive && timer) {
        clearInterval(timer)
        timer = null
      }
    },
  }
}
