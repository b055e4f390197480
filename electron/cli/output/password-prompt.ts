import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/**
 * Reads a line from the terminal, without showing what is typed if `hidden`, or the next line from a pipe.
 * Returns null when the user ends the input (Ctrl-D).
 */
export interface PasswordPrompt {
  ask(question: string, options?: { readonly hidden?: boolean }): Promise<string | null>
  close(): void
}

export function createPasswordPrompt(input: NodeJS.ReadStream, output: NodeJS.WriteStream): PasswordPrompt {
  let isMuted = false
  const mutedOutput = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!isMuted) output.write(chunk)
      done()
    },
  })
  const isTerminal = input.isTTY === true
  const lines = createInterface({ input, output: mutedOutput, terminal: isTerminal })
  // While readline reads from a terminal, Ctrl-C arrives as a key and raises no signal.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  // Lines of a pipe may arrive before they are read.
  const buffered: string[] = []
  let resolveNext: ((line: string) => void) | null = null
  if (!isTerminal) {
    lines.on('line', (line) => {
      if (resolveNext) resolveNext(line)
      else buffered.push(line)
      resolveNext = null
    })
    lines.on('close', () => resolveNext?.(''))
  }
  return {
    async ask(question, { hidden = false } = {}) {
      if (!isTerminal) {
        const line = buffered.shift()
        return line ?? new Promise<string>((resolve) => (resolveNext = resolve))
      }
      const answer = lines.question(question).catch((error: unknown) => {
        if (error instanceof Error && error.name === 'AbortError') return null
        throw error
      })
      isMuted = hidden
      const line = await answer
      isMuted = false
      if (hidden || line === null) output.write('\n')
      return line
    },
    close: () => lines.close(),
  }
}
