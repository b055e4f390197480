// Runs in a session of its own: owns the watcher's name if asked to, then prints what is found.
import process from 'node:process'
import { hasTrayHost } from '../../../electron/desktop/tray-host.ts'
import { ownBusName } from './bus-name.ts'

const watcher = process.argv[2] === 'with-watcher' ? await ownBusName('org.kde.StatusNotifierWatcher') : null
process.stdout.write(`${String(await hasTrayHost('linux'))}\n`)
watcher?.destroy()
