import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { SignalSource } from '../interruption.ts'
import type { StandardInput } from '../standard-input.ts'
import type { TerminalStream } from './live-lines.ts'

/**
 * Reads a line from the terminal, without showing what is typed if `hidden`, or the next line from a pipe.
 * Returns null at the end of the input: of a pipe, by Ctrl-D, or when the terminal is closed.
 */
export interface PasswordPrompt {
  readonly isTerminal: boolean
  ask(question: string, options?: { readonly hidden?: boolean }): Promise<string | null>
  close(): void
}

/** @param signals receives Ctrl-C */
export function createPasswordPrompt(
  input: StandardInput,
  output: TerminalStream,
  signals: Pick<SignalSource, 'emit'>,
): PasswordPrompt {
  let isMuted = false
  let isClosed = false
  const mutedOutput = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!isMuted) output.write(chunk.toString())
      done()
    },
  })
  const isTerminal = input.isTTY === true
  // A terminal that was closed can't be read (EIO), which may be reported after the prompt too.
  if (input.listenerCount('error') === 0) input.on('error', () => undefined)
  const lines = createInterface({ input, output: mutedOutput, terminal: isTerminal })
  // While readline reads from a terminal, Ctrl-C arrives as a key and raises no signal. On Windows a signal that
  // the process sends to itself would end it without calling its listeners.
  lines.on('SIGINT', () => signals.emit('SIGINT', 'SIGINT'))
  const closed = new Promise<null>((resolve) => {
    for (const event of ['close', 'error']) lines.on(event, () => resolve(null))
  })
  // Lines of a pipe may arrive before they are read.
  const buffered: string[] = []
  let resolveNext: ((line: string | null) => void) | null = null
  let hasEnded = false
  if (!isTerminal) {
    lines.on('line', (line) => {
      if (resolveNext) resolveNext(line)
      else buffered.push(line)
      resolveNext = null
    })
    lines.on('close', () => {
      hasEnded = true
      resolveNext?.(null)
    })
  }
  return {
    isTerminal,
    async ask(question, { hidden = false } = {}) {
      if (!isTerminal) {
        const line = buffered.shift()
        if (line !== undefined || hasEnded) return line ?? null
        return new Promise<string | null>((resolve) => (resolveNext = resolve))
      }
      const answer = lines.question(question).catch((error: unknown) => {
        if (error instanceof Error && error.name === 'AbortError') return null
        throw error
      })
      isMuted = hidden
      const line = await Promise.race([answer, closed])
      isMuted = false
      if ((hidden || line === null) && !isClosed) output.write('\n')
      return line
    },
    close() {
      isClosed = true
      lines.close()
    },
  }
}
