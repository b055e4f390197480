import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import type { DemoAccount } from '../cloud/accounts.ts'
import { commandLineFile } from './runner/test-programs.ts'

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
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves with the first JSON line that matches; rejects if the program ends without one. */
  line(wanted: (line: JsonLine) => boolean): Promise<JsonLine>
  /** Resolves once the condition is true for the output so far, on either stream. */
  printed(wanted: (out: string, err: string) => boolean): Promise<void>
}

/**
 * Starts a program with a minimal environment; it is killed with the test. Its input ends after `input`, or
 * stays open for null.
 */
export function startProgram(
  command: readonly string[],
  environment: NodeJS.ProcessEnv,
  input: string | null = '',
): Started {
  const [program = '', ...words] = command
  const { PATH, HOME, TMPDIR, LANG, NODE_COMPILE_CACHE } = process.env
  const given = { PATH, HOME, TMPDIR, LANG, NODE_COMPILE_CACHE, ...environment }
  const env = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const child = spawn(program, words, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  // A program that ends without reading its input closes the pipe; tests see how it ends.
  child.stdin.on('error', () => undefined)
  if (input !== null) child.stdin.end(input)
  return { child, ...follow(child) }
}

const linesOf = (out: string) =>
  out
    .split('\n')
    .slice(0, -1)
    .filter(Boolean)
    .map((line) => JSON.parse(line) as JsonLine)

function follow(child: ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream }) {
  const said = { out: '', err: '' }
  const listeners = new Set<() => void>()
  const listen = (stream: NodeJS.ReadableStream, into: 'out' | 'err') =>
    stream.setEncoding('utf8').on('data', (text: string) => {
      said[into] += text
      for (const listener of listeners) listener()
    })
  listen(child.stdout, 'out')
  listen(child.stderr, 'err')
  const ended = (once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>).then(
    ([code, signal]): Ended => ({ code, signal, ...said, json: () => linesOf(said.out) }),
  )

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

/** Starts `modelferry` in its own process. */
export function startCommand(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
  input?: string,
): Started {
  // Most tests are about uploads and add files that would be reviewed.
  const unreviewed = { MODELFERRY_REVIEW: 'never', ...environment }
  return startProgram([process.execPath, commandLineFile(), ...words], unreviewed, input)
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
