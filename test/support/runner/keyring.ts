import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { openKeyring } from '../own-keyring.ts'
import { pathWithTools } from './tools.ts'

/** Set inside the session, so that a nested command does not start another one. */
const mark = 'MODELFERRY_TEST_KEYRING'

/**
 * Runs a command on a private session bus with an unlocked gnome-keyring, as any user, with or without a
 * display. On macOS and Windows, whose keychains need no session, it runs the command directly.
 * @returns its exit code; 127 if a program is missing
 */
async function runInKeyring(command: readonly string[]): Promise<number> {
  if (process.platform !== 'linux' || process.env[mark] !== undefined) return run(command, process.env)
  const home = mkdtempSync(join(tmpdir(), 'modelferry-home-'))
  try {
    const keyring = await openKeyring(home)
    try {
      return await run(command, { ...environment(home), ...keyring.environment })
    } finally {
      await keyring.end()
    }
  } catch (error) {
    console.error(`No keyring could be started: ${error instanceof Error ? error.message : String(error)}`)
    return 127
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }
}

/** The command line that runs a command in a session with a keyring; the command itself where there is one already. */
export const keyringCommand = (command: readonly string[]): readonly string[] =>
  process.env[mark] === undefined ? [process.execPath, import.meta.filename, ...command] : command

function environment(home: string): NodeJS.ProcessEnv {
  const runtime = join(home, 'run')
  mkdirSync(runtime, { mode: 0o700 })
  const env: NodeJS.ProcessEnv = { ...process.env, [mark]: '1', HOME: home, XDG_RUNTIME_DIR: runtime }
  delete env['XDG_DATA_HOME']
  // Electron needs a display; the one of Xvfb shows no prompt, because the keyring is unlocked.
  if (process.env['MODELFERRY_TEST_DISPLAY'] !== 'keep')
    for (const name of ['DISPLAY', 'WAYLAND_DISPLAY']) Reflect.deleteProperty(env, name)
  return env
}

async function run([program = '', ...words]: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(program, words, {
    stdio: 'inherit',
    env: { ...env, PATH: pathWithTools() },
    shell: process.platform === 'win32', // the tools in node_modules/.bin are .cmd files there
  })
  // A terminal signals all processes of the group; a signal sent only to this process is forwarded.
  const passOn = (signal: NodeJS.Signals) => child.kill(signal)
  process.on('SIGTERM', passOn)
  process.on('SIGHUP', passOn)
  process.on('SIGINT', () => undefined)
  try {
    const [code] = (await once(child, 'exit')) as [number | null]
    return code ?? 1
  } catch (error) {
    console.error(`${program}: ${error instanceof Error ? error.message : String(error)}`)
    return 127
  }
}

if (import.meta.main) process.exitCode = await runInKeyring(process.argv.slice(2))
