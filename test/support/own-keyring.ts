import { execFile, spawn } from 'node:child_process'
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

/**
 * Starts a keyring with its files in `folder`, unlocked; a later start with the same folder finds its content. The
 * caller must `end` it.
 * @throws if one of its two programs is missing or can't run
 */
export async function openKeyring(folder: string): Promise<OwnKeyring & { end(): Promise<void> }> {
  const home = join(folder, 'keyring-home')
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const env: NodeJS.ProcessEnv = { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, XDG_DATA_HOME: home }
  // Without a display, no prompt can block a program.
  for (const name of ['DISPLAY', 'WAYLAND_DISPLAY']) Reflect.deleteProperty(env, name)
  const busWords = ['--session', '--nofork', '--nopidfile', '--print-address=1']
  const bus = startDaemon('dbus-daemon', busWords, env)
  const [address] = (await Promise.race([once(bus.child.stdout, 'data'), bus.failed])) as [Buffer]
  const environment = { DBUS_SESSION_BUS_ADDRESS: address.toString().trim() }
  Object.assign(env, environment)
  const keyring = startDaemon(
    'gnome-keyring-daemon',
    ['--foreground', '--unlock', '--components=secrets'],
    env,
  )
  keyring.child.stdin.end('test')
  try {
    await Promise.race([serving(env), keyring.failed])
  } catch (error) {
    await bus.end()
    throw error
  }
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
    kill: () => keyring.end(),
    killBus: () => bus.end(),
    async end() {
      await keyring.end()
      await bus.end()
    },
  }
}

/** Starts a program that a terminal's Ctrl-C doesn't end, because apps use the keychain until they have ended. */
function startDaemon(program: string, words: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'ignore'], env, detached: true })
  const kill = () => child.kill('SIGKILL')
  process.on('exit', kill)
  const ended = once(child, 'exit')
  const failed = ended.then(
    () => Promise.reject(new Error(`${program} has ended`)),
    (error: unknown) => Promise.reject(error),
  )
  failed.catch(() => process.off('exit', kill))
  child.stdin.on('error', () => undefined) // it may end without reading
  return {
    child,
    /** Rejects when it has ended or can't be started. */
    failed: failed as Promise<never>,
    async end() {
      kill()
      await ended
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
