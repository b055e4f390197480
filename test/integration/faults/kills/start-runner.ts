import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import type { EngineSettings, EnqueueRequest } from '../../../../electron/engine/engine.ts'
import type { Cloud } from '../../../cloud/cloud.ts'
import { testProgram } from '../../../support/runner/test-programs.ts'
import { partBytes, type HoldPoint } from '../fault.ts'

export interface RunnerOptions {
  readonly cloud: Cloud
  readonly home: string
  readonly file: string
  /** Files above this size are uploaded in parts. Default: the part size. */
  readonly singlePutLimitBytes?: number
  /** How the file is enqueued, and settings for conflicts. */
  readonly uploadOptions?: {
    readonly add?: EnqueueRequest
    readonly settings?: Pick<EngineSettings, 'onConflict' | 'replacedFate'>
  }
  /** Writes beyond this file size fail, as on a full disk (RLIMIT_FSIZE). */
  readonly largestFileBytes?: number
  /** The child's fourth stream reports the times of responses (see response-times.mjs). */
  readonly reportsResponses?: true
  readonly onStart?: (child: ChildProcess) => void
  /** Called right before the process is killed. */
  readonly onKill?: () => void
}

/**
 * Starts the engine in a process of its own and kills it at this point. Returns what it printed, or null if
 * it was killed.
 */
export async function startRunner(
  options: RunnerOptions,
  point: HoldPoint | { readonly until: Promise<void> } | null,
): Promise<string | null> {
  const { cloud } = options
  const held = point && 'on' in point ? cloud.hold(point.on, point.moment, point.choice) : null
  const reached = point && 'until' in point ? point.until : held?.arrived
  const [program = '', ...parameters] = commandOf(options)
  const child = spawn(program, parameters, {
    // Threads take no options from the command.
    env: {
      ...process.env,
      ...(options.reportsResponses && {
        NODE_OPTIONS: `--import ${import.meta.resolve('./response-times.mjs')}`,
      }),
    },
    stdio: ['pipe', 'pipe', 'inherit', options.reportsResponses ? 'pipe' : 'ignore'],
  })
  options.onStart?.(child)
  onTestFinished(() => void child.kill('SIGKILL'))
  const printed = text(child.stdout as Readable)
  const exited = once(child, 'exit').then(() => false)
  const killed = await Promise.race([exited, reached?.then(() => true) ?? exited])
  if (killed) {
    options.onKill?.()
    child.kill('SIGKILL')
  }
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
    JSON.stringify(options.uploadOptions ?? {}),
  ]
  if (options.largestFileBytes === undefined) return command
  // With the signal ignored, a write beyond the limit fails as on a full disk. The unit is 512 bytes (POSIX,
  // ulimit).
  const script = `trap '' XFSZ; ulimit -f ${Math.ceil(options.largestFileBytes / 512)}; exec "$0" "$@"`
  return ['sh', '-c', script, ...command]
}
