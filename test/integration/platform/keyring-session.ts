import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'

export type Step = readonly [what: 'get' | 'set' | 'delete', name: string, secret?: string]
/** `no-bus`: no session at all; `no-keyring`: a session without a keyring. */
export type Session = 'unlocked' | 'locked' | 'no-keyring' | 'no-bus'

const lock =
  'dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets ' +
  'org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null; '
const unlock = 'printf %s test | gnome-keyring-daemon --unlock --components=secrets >/dev/null; '
const preparations: Record<Exclude<Session, 'no-bus'>, string> = {
  unlocked: unlock,
  locked: `${unlock}${lock}`,
  'no-keyring': '',
}

interface Outcome {
  readonly answers: unknown[]
  readonly stuck: boolean
  /** Exit code, or null when a signal ended the process. */
  readonly code: number | null
}

/** Runs the steps on the real keychain, in a session with its own home; `display` allows prompts. */
export async function runSteps(
  session: Session,
  steps: readonly Step[],
  { limitMs = 20_000, display }: { readonly limitMs?: number; readonly display?: string } = {},
): Promise<Outcome> {
  const home = await mkdtemp(join(tmpdir(), 'modelferry-keyring-'))
  const { DISPLAY: _display, DBUS_SESSION_BUS_ADDRESS: _bus, XDG_DATA_HOME: _data, ...rest } = process.env
  const env = { ...rest, HOME: home, XDG_RUNTIME_DIR: home, ...(display ? { DISPLAY: display } : {}) }
  const script = join(import.meta.dirname, 'keychain-program.ts')
  const command = [process.execPath, script, JSON.stringify([steps, limitMs])]
  const showPrompts = display ? 'dbus-update-activation-environment DISPLAY; ' : ''
  const [program = '', ...args] =
    session === 'no-bus'
      ? command
      : ['dbus-run-session', '--', 'sh', '-c', `${preparations[session]}${showPrompts}"$@"`, 'sh', ...command]
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'ignore'] })
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  await rm(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  const { answers, stuck } = JSON.parse(printed.trim().split('\n').at(-1) ?? '{}') as Omit<Outcome, 'code'>
  return { answers, stuck, code: code as number | null }
}

/** An X server on a free display, for prompts that are never answered. */
export async function startDisplay(): Promise<{ display: string; [Symbol.asyncDispose](): Promise<void> }> {
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '640x480x24'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const ready = server.stdio[3]
  if (!ready) throw new Error('Xvfb has no pipe to say its display on')
  const [number] = (await once(ready, 'data')) as [Buffer]
  return {
    display: `:${number.toString().trim()}`,
    async [Symbol.asyncDispose]() {
      server.kill()
      await once(server, 'exit')
    },
  }
}
