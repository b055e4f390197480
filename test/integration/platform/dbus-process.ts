// Runs with its own session bus, and with its address as a system bus that does not exist. Prints what a client of
// the session bus sees as one line of JSON.
import process from 'node:process'
import { dbusDaemon, openDbus } from '../../../electron/platform/dbus.ts'
import { fakeMethod, fakeService } from '../../support/fake-bus.ts'

process.env['DBUS_SYSTEM_BUS_ADDRESS'] = 'unix:path=/nonexistent/bus'
const name = 'org.example.Battery'
const at = { destination: name, path: '/battery', interface: name }
const method = { name: 'org.example.Sum', path: '/sum', member: 'Add', inSignature: 'ii' }
const sum = { destination: method.name, path: method.path, interface: method.name }

const battery = await fakeService(name, { '/battery': { [name]: { Percentage: ['u', 40] } } })
const adder = await fakeMethod(method, 'is', () => [5, 'five'])
const bus = await openDbus('session')
if (!bus) throw new Error('there is no session bus')

const signals: unknown[] = []
const received = Promise.withResolvers<void>()
await bus.listen(`type='signal',path='/sum'`, ({ path, interface: from, member, body }) => {
  signals.push([path, from, member, body])
  if (member === 'Last') received.resolve()
})
adder.signal('Added', 'i', [7])
adder.signal('Last', '', [])
await received.promise

const seen = {
  reply: await bus.call({ ...sum, member: 'Add', signature: 'ii', body: [2, 3] }),
  emptyReply: await bus.call({
    ...dbusDaemon,
    path: '/',
    interface: 'org.freedesktop.DBus.Peer',
    member: 'Ping',
  }),
  unknownMember: await bus.call({ ...sum, member: 'Subtract' }),
  unknownService: await bus.call({ ...sum, destination: 'org.example.Nobody', member: 'Add' }),
  property: await bus.property(at, 'Percentage'),
  // JSON has no undefined.
  missingProperty: String(await bus.property(at, 'Temperature')),
  missingBus: await openDbus('system'),
  signals: signals.filter((signal) => JSON.stringify(signal).includes('/sum')),
}
process.stdout.write(`${JSON.stringify(seen)}\n`)
bus.close()
adder.end()
battery.end()
