import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import type { EngineSettings, EnqueueRequest } from '../../../electron/engine/engine.ts'
import type { Cloud } from '../../cloud/cloud.ts'
import type { HoldChoice, HoldMoment } from '../../cloud/faults.ts'
import { testProgram } from '../../support/test-programs.ts'
import { partBytes } from './fault.ts'

/** Where the local cloud stops everything and the process is killed. */
export interface KillPoint {
  readonly on: string
  readonly moment: HoldMoment
  readonly choice?: HoldChoice
}

export interface RunnerOptions {
  readonly cloud: Cloud
  readonly home: string
  readonly file: string
  /** Larger files go in parts, in bytes; one part unless told. */
  readonly singlePutLimitBytes?: number
  /** How the file is added the first time, and the settings about what the library has. */
  readonly wishes?: {
    readonly add?: EnqueueRequest
    readonly settings?: Pick<EngineSettings, 'onConflict' | 'replacedFate'>
  }
  /** No file may grow beyond it, in bytes, as on a disk that is full (RLIMIT_FSIZE). */
  readonly largestFileBytes?: number
}

/**
 * One start of the app in a process of its own, killed where `point` says; what it printed, or null when it
 * was killed.
 */
export async function startRunner(options: RunnerOptions, point: KillPoint | null): Promise<string | null> {
  const { cloud } = options
  const held = point && cloud.hold(point.on, point.moment, point.choice)
  const [program = '', ...words] = commandOf(options)
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const printed = text(child.stdout)
  const exited = once(child, 'exit').then(() => false)
  const killed = await Promise.race([exited, held?.arrived.then(() => true) ?? exited])
  if (killed) child.kill('SIGKILL')
  await exited
  held?.release()
  return killed ? null : (await printed).trim()
}

function commandOf({ cloud, home, file, ...options }: RunnerOptions): readonly string[] {
  const command = [
    process.execPath,
    testProgram('runner'),
    home,
    cloud.url,
    String(options.singlePutLimitBytes ?? partBytes),
    file,
    JSON.stringify(options.wishes ?? {}),
  ]
  if (options.largestFileBytes === undefined) return command
  // The signal ignored, a write beyond the limit fails as it does on a full disk; the unit is 512 bytes
  // (POSIX, ulimit).
  const script = `trap '' XFSZ; ulimit -f ${Math.ceil(options.largestFileBytes / 512)}; exec "$0" "$@"`
  return ['sh', '-c', script, ...command]
}
