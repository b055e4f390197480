import { appendFileSync } from 'node:fs'
import { appendFile, mkdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from './environment.ts'
import { redact, redactText } from './redact.ts'

export interface FileLog extends Log {
  /** Resolves when all lines so far are on disk, or could not be written. */
  flush(): Promise<void>
  /** Writes the lines that wait, before the system ends the process. */
  flushNow(): void
}

const fileName = 'modelferry.log'
/** Three files of a megabyte: days of ordinary use, and small enough for a support report. */
const defaultFileBytes = 1_000_000
const olderFiles = 2
const nth = (index: number) => (index === 0 ? fileName : `modelferry.${index}.log`)
/** The files of the log in their folder, newest first. */
export const logFileNames: readonly string[] = Array.from({ length: olderFiles + 1 }, (_, index) =>
  nth(index),
)
/** Limit of the lines that wait for a slow disk; further ones are only counted. */
const waitingLimitBytes = 1_000_000

/**
 * One JSON object per line, in `folder`/modelferry.log, older ones in modelferry.1.log and so on. Secrets are
 * removed. It never throws and never blocks: with a full or missing disk, lines are lost.
 */
export function createLog(options: {
  readonly folder: string
  readonly now?: () => number
  readonly fileBytes?: number
}): FileLog {
  const { folder, now = Date.now, fileBytes = defaultFileBytes } = options
  const file = join(folder, fileName)
  let waiting = ''
  let lost = 0
  let writing: Promise<void> | null = null
  let sizeBytes: number | null = null

  async function write(): Promise<void> {
    while (waiting !== '') {
      const lines = waiting
      waiting = ''
      try {
        if (sizeBytes === null) {
          await mkdir(folder, { recursive: true, mode: 0o700 })
          sizeBytes = await stat(file).then(
            ({ size }) => size,
            () => 0,
          )
        }
        if (sizeBytes > 0 && sizeBytes + Buffer.byteLength(lines) > fileBytes) {
          await rotate(folder)
          sizeBytes = 0
        }
        await appendFile(file, lines, { mode: 0o600 })
        sizeBytes += Buffer.byteLength(lines)
      } catch {
        // It can't be logged; the next line tries again.
        sizeBytes = null
        lost += lines.split('\n').length - 1
      }
    }
    writing = null
  }

  function append(
    level: 'info' | 'warn' | 'error',
    message: string,
    facts: Readonly<Record<string, unknown>>,
  ) {
    if (waiting.length > waitingLimitBytes) {
      lost += 1
      return
    }
    waiting += lineOf(now(), level, message, lost > 0 ? { ...facts, linesLost: lost } : facts)
    lost = 0
    writing ??= Promise.resolve().then(write)
  }

  return {
    info: (message, facts = {}) => append('info', message, facts),
    warn: (message, facts = {}) => append('warn', message, facts),
    error: (message, facts = {}) => append('error', message, facts),
    async flush() {
      await writing
    },
    flushNow() {
      const lines = waiting
      waiting = ''
      try {
        appendFileSync(file, lines, { mode: 0o600 })
      } catch {
        // As above.
      }
    },
  }
}

async function rotate(folder: string): Promise<void> {
  for (let index = olderFiles - 1; index >= 0; index -= 1) {
    await rename(join(folder, nth(index)), join(folder, nth(index + 1))).catch(() => undefined)
  }
}

function lineOf(
  atMs: number,
  level: string,
  message: string,
  facts: Readonly<Record<string, unknown>>,
): string {
  const head = { at: new Date(atMs).toISOString(), level, message: redactText(message) }
  try {
    return `${JSON.stringify({ ...head, ...Object(redact(facts)) })}\n`
  } catch {
    return `${JSON.stringify({ ...head, facts: 'could not be written' })}\n`
  }
}
