import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A session bus with a real gnome-keyring, unlocked and empty, which a test can lock and kill. */
export interface OwnKeyring {
  /** Environment variables for processes that use this keyring. */
  readonly environment: Readonly<Record<string, string>>
  lock(): Promise<void>
  /** Kills the keyring but not its bus. */
  kill(): Promise<void>
  /** Kills the bus, as at the end of a session. */
  killBus(): Promise<void>
}

/** Starts a keyring with its files in `folder`; the caller must `end` it. */
export async function openKeyring(folder: string): Promise<OwnKeyring & { end(): Promise<void> }> {
  const home = join(folder, 'keyring-home')
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const bus = spawn('dbus-daemon', ['--session', '--nofork', '--nopidfile', '--print-address=1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, XDG_DATA_HOME: home },
  })
  const [address] = (await once(bus.stdout, 'data')) as [Buffer]
  const environment = { DBUS_SESSION_BUS_ADDRESS: address.toString().trim() }
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...environment,
    HOME: home,
    XDG_RUNTIME_DIR: home,
    XDG_DATA_HOME: home,
  }
  for (const name of ['DISPLAY', 'WAYLAND_DISPLAY']) Reflect.deleteProperty(env, name)
  const keyring = spawn('gnome-keyring-daemon', ['--foreground', '--unlock', '--components=secrets'], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env,
  })
  keyring.stdin.end('test')
  await serving(env)
  return {
    environment,
    async lock() {
      const path = '/org/freedesktop/secrets'
      const words = ['--session', '--print-reply', '--dest=org.freedesktop.secrets', path]
      await run(
        'dbus-send',
        [...words, 'org.freedesktop.Secret.Service.Lock', `array:objpath:${path}/collection/login`],
        { env },
      )
    },
    kill: () => ended(keyring),
    killBus: () => ended(bus),
    async end() {
      await ended(keyring)
      await ended(bus)
    },
  }
}

/** Resolves once the keyring owns its bus name; it emits no event of its own for this. */
async function serving(env: NodeJS.ProcessEnv): Promise<void> {
  const question = [
    '/org/freedesktop/DBus',
    'org.freedesktop.DBus.NameHasOwner',
    'string:org.freedesktop.secrets',
  ]
  for (;;) {
    const { stdout } = await run(
      'dbus-send',
      ['--session', '--print-reply', '--dest=org.freedesktop.DBus', ...question],
      { env },
    )
    if (stdout.includes('boolean true')) return
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const over = once(child, 'exit')
  child.kill('SIGKILL')
  await over
}
