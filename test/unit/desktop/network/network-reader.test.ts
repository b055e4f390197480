import { expect, test } from 'vitest'
import { networkStatusReader } from '../../../../electron/desktop/network/network-reader.ts'

/** A system whose programs print this. */
const printing = (printed: Readonly<Record<string, string>>) => async (program: string) =>
  printed[program] ?? ''

const onWindows = (text: string) => networkStatusReader('win32', printing({ 'powershell.exe': text }))?.()
const id = expect.stringMatching(/^[0-9a-f]{32}$/)

test.for([
  ['Unrestricted', 'no'],
  ['Fixed', 'yes'],
  ['Variable', 'yes'],
  ['Unknown', 'unknown'],
] as const)('reads network and cost on Windows (%s)', async ([cost, metered]) => {
  const text = `${JSON.stringify({ name: 'Studio', cost, adapter: '1-2-3' })}\r\n`
  expect(await onWindows(text)).toEqual({ metered, line: { id, name: 'Studio' } })
})

test.for(['', 'Cannot find type', '{"cost":1}', 'null', '[]'])(
  'takes unexpected output on Windows for a failed read (%j)',
  async (text) => {
    expect(await onWindows(text)).toBe(null)
  },
)

const route = `   route to: default
destination: default
       mask: default
    gateway: 192.168.1.1
  interface: en0
      flags: <UP,GATEWAY,DONE,STATIC,PRCLONING,GLOBAL>
`
const arp = (number: string) => `? (192.168.1.1) at ${number} on en0 ifscope [ethernet]\n`
const networksetup = `
Hardware Port: Ethernet
Device: en5
Ethernet Address: a8:60:b6:00:00:01

Hardware Port: Wi-Fi
Device: en0
Ethernet Address: a8:60:b6:00:00:02
`
const onMac = (printed: Readonly<Record<string, string>>) =>
  networkStatusReader('darwin', printing(printed))?.()

test('macOS identifies the network by its router, without its cost', async () => {
  const home = await onMac({ route, networksetup, arp: arp('0:11:32:aa:bb:c') })
  expect(home).toEqual({ metered: 'unknown', line: { id, name: 'Wi-Fi (192.168.1.1)' } })
  // Another router with the same address is another network.
  const hotel = await onMac({ route, networksetup, arp: arp('0:11:32:aa:bb:d') })
  expect(hotel?.line?.id).not.toBe(home?.line?.id)
})

test('a missing MAC address on macOS is a failed read while the gateway is the same', async () => {
  const printed = { route, networksetup, arp: arp('0:11:32:aa:bb:c') }
  const read = networkStatusReader('darwin', async (program) => Reflect.get(printed, program) ?? '')
  const home = await read?.()
  printed.arp = arp('(incomplete)')
  expect(await read?.()).toBe(null)
  printed.arp = ''
  expect(await read?.()).toBe(null)
  printed.route = route.replace('192.168.1.1', '10.0.0.1')
  expect(await read?.()).toMatchObject({ line: { name: 'Wi-Fi (10.0.0.1)' } })
  printed.route = route
  printed.arp = arp('0:11:32:aa:bb:c')
  expect(await read?.()).toEqual(home)
})
