import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import type { DemoAccount } from '../cloud/accounts.ts'
import { projectFolder } from './temp-project.ts'

export const commandLineFile = join(projectFolder, 'electron/command-line/modelferry.js')

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
  /** The lines of `out` as the JSON they hold; throws where one holds none. */
  json(): readonly JsonLine[]
}

export type JsonLine = Readonly<Record<string, unknown>> & { readonly event: string }

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

/** Starts a program with nothing of this process's environment but what programs need; killed with the test. */
export function startProgram(
  command: readonly string[],
  environment: NodeJS.ProcessEnv,
  input = '',
): Started {
  const [program = '', ...words] = command
  const { PATH, HOME, TMPDIR, LANG } = process.env
  const env = Object.fromEntries(
    Object.entries({ PATH, HOME, TMPDIR, LANG, ...environment }).filter(([, value]) => value !== undefined),
  )
  const child = spawn(program, words, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  child.stdin.end(input)
  return { child, ended: whenEnded(child) }
}

async function whenEnded(
  child: ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream },
) {
  const [out, err, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>,
  ])
  const json = () =>
    out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as JsonLine)
  return { code, signal, out, err, json }
}

/** Starts `modelferry` in a process of its own. */
export function startCommand(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
  input?: string,
): Started {
  return startProgram([process.execPath, commandLineFile, ...words], environment, input)
}

/** An access token such as a script would be given. */
export async function accessTokenOf(server: string, account: DemoAccount): Promise<string> {
  const answer = await fetch(`${server}/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email_address: account.email, user_password: account.password }),
  })
  const { access_token: token } = (await answer.json()) as { access_token: string }
  return token
}
