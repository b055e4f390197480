import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** Resources used by one program and its children. */
export interface Usage {
  readonly seconds: number
  readonly cpuSeconds: number
  /** The largest peak of any process in the tree. */
  readonly peakMiB: number
}

export interface Command {
  readonly words: readonly [string, ...string[]]
  readonly environment?: Readonly<Record<string, string>>
}

/** Programs inherit no proxies, tokens or certificates: only these variables and the command's own. */
function bareEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG'].map((name) => [name, process.env[name]] as const)
  return Object.fromEntries(kept.filter((pair): pair is readonly [string, string] => pair[1] !== undefined))
}

/** Runs a program through the launcher (launch.c). Throws with the program's output if it fails. */
export async function launch(launcher: string, { words, environment }: Command): Promise<Usage> {
  const child = spawn(launcher, words, {
    env: { ...bareEnvironment(), ...environment },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  const [, , errors, report] = child.stdio
  const [said, line] = await Promise.all([
    text(errors as NodeJS.ReadableStream),
    text(report as NodeJS.ReadableStream),
    once(child, 'exit'),
  ])
  const [seconds = NaN, cpuSeconds = NaN, peakKiB = NaN, code = NaN] = line.trim().split(' ').map(Number)
  if (code !== 0) throw new Error(`${words[0]} ended with ${code}: ${said.trim().slice(-500)}`)
  return { seconds, cpuSeconds, peakMiB: peakKiB / 1024 }
}
