import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { homedir } from 'node:os'
import { PassThrough, Readable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { createStreams } from '../../electron/cli/output/create-streams.ts'
import { runCommandLine } from '../../electron/cli/run-command-line.ts'
import { createKeychain } from '../../electron/platform/keychain.ts'
import type { DemoAccount } from '../cloud/accounts.ts'
import { builtWorkers, commandLineFile } from './runner/test-programs.ts'

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
  /** The lines of `out` parsed as JSON; throws if a line is not JSON. */
  json(): readonly JsonLine[]
}

export type JsonLine = Readonly<Record<string, unknown>> & { readonly event: string }

export interface Started {
  readonly ended: Promise<Ended>
  kill(signal: NodeJS.Signals): void
  /** Resolves with the first JSON line that matches; rejects if the program ends without one. */
  line(wanted: (line: JsonLine) => boolean): Promise<JsonLine>
  /** Resolves once the condition is true for the output so far, on either stream. */
  printed(wanted: (out: string, err: string) => boolean): Promise<void>
}

export interface StartedProcess extends Started {
  readonly child: ChildProcess
}

/**
 * Starts a program with a minimal environment; it is killed with the test. Its input ends after `input`, or
 * stays open for null.
 */
export function startProgram(
  command: readonly string[],
  environment: NodeJS.ProcessEnv,
  input: string | null = '',
): StartedProcess {
  const [program = '', ...words] = command
  const { PATH, HOME, TMPDIR, LANG, NODE_COMPILE_CACHE } = process.env
  const given = { PATH, HOME, TMPDIR, LANG, NODE_COMPILE_CACHE, ...environment }
  const env = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const child = spawn(program, words, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  // A program that ends without reading its input closes the pipe; tests see how it ends.
  child.stdin.on('error', () => undefined)
  if (input !== null) child.stdin.end(input)
  const closed = once(child, 'close') as Promise<End>
  return { child, kill: (signal) => void child.kill(signal), ...follow(child, closed) }
}

type End = [code: number | null, signal: NodeJS.Signals | null]

const linesOf = (out: string) =>
  out
    .split('\n')
    .slice(0, -1)
    .filter(Boolean)
    .map((line) => JSON.parse(line) as JsonLine)

function follow(
  { stdout, stderr }: { readonly stdout: NodeJS.ReadableStream; readonly stderr: NodeJS.ReadableStream },
  closed: Promise<End>,
) {
  const said = { out: '', err: '' }
  const listeners = new Set<() => void>()
  const listen = (stream: NodeJS.ReadableStream, into: 'out' | 'err') =>
    stream.setEncoding('utf8').on('data', (text: string) => {
      said[into] += text
      for (const listener of listeners) listener()
    })
  listen(stdout, 'out')
  listen(stderr, 'err')
  const ended = closed.then(([code, signal]): Ended => ({
    code,
    signal,
    ...said,
    json: () => linesOf(said.out),
  }))

  function until<T>(condition: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const again = () => {
        const found = condition()
        if (found === undefined) return
        listeners.delete(again)
        resolve(found)
      }
      listeners.add(again)
      void ended.then(() => {
        again()
        reject(new Error(`ended without it: ${said.out}${said.err}`))
      }, reject)
      again()
    })
  }

  return {
    ended,
    line: (wanted: (line: JsonLine) => boolean) => until(() => linesOf(said.out).find(wanted)),
    async printed(wanted: (out: string, err: string) => boolean) {
      await until(() => wanted(said.out, said.err) || undefined)
    },
  }
}

/** Starts `modelferry` in its own process: for tests of what only a process can do or suffer. */
export function startProcess(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
  input?: string | null,
): StartedProcess {
  return startProgram([process.execPath, commandLineFile(), ...words], unreviewed(environment), input)
}

/** Most tests are about uploads and add files that would be reviewed. */
const unreviewed = (environment: NodeJS.ProcessEnv) => ({ MODELFERRY_REVIEW: 'never', ...environment })

/**
 * Runs `modelferry` in the test's process, without a keychain and with input that has ended after `input`. It can be
 * interrupted once.
 * @param environment HOME is where models are searched; other variables than the program's own need `startProcess`
 */
export function startCommand(
  words: readonly string[],
  { HOME: home, ...environment }: NodeJS.ProcessEnv,
  input = '',
): Started {
  const others = Object.keys(environment).filter((name) => !name.startsWith('MODELFERRY_'))
  if (others.length > 0) throw new Error(`only a process has ${others.join()}`)
  const signals = new EventEmitter()
  const output = { stdout: new PassThrough(), stderr: new PassThrough() }
  const running = runCommandLine(words, {
    environment: unreviewed(environment),
    streams: createStreams({ ...output, input: () => Readable.from([input]), signals }),
    signals,
    workers: builtWorkers(),
    findProxies: async () => ['direct'],
    computer: { platform: process.platform, home: home ?? homedir(), environment: {} },
    createKeychain: (log) => createKeychain({ log, load: () => Promise.reject(new Error('no keychain')) }),
    endBySignal: onlyInProcess,
    endInterrupted: async () => undefined,
    endStuck: onlyInProcess,
  })
  let isInterrupted = false
  let hasEnded = false
  const closed = running.then((code): End => {
    hasEnded = true
    return [code, null]
  })
  onTestFinished(async () => {
    if (!hasEnded && !isInterrupted) signals.emit('SIGTERM')
    await closed
  })
  return {
    ...follow(output, closed),
    kill(signal) {
      if (isInterrupted || signals.listenerCount(signal) === 0) onlyInProcess()
      isInterrupted = true
      signals.emit(signal)
    },
  }
}

function onlyInProcess(): never {
  throw new Error('a command in this process can’t be killed: start it with startProcess')
}

/** An access token, as a script would receive it. */
export async function accessTokenOf(server: string, account: DemoAccount): Promise<string> {
  const answer = await fetch(`${server}/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email_address: account.email, user_password: account.password }),
  })
  const { access_token: token } = (await answer.json()) as { access_token: string }
  return token
}
