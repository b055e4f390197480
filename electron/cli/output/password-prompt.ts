import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/**
 * Asks for a line on the terminal; with `hidden` what is typed is not shown. From a pipe the next line is taken. Answers null
 * when the person ends the input (Ctrl-D) instead of answering.
 */
export interface Prompter {
  ask(question: string, options?: { readonly hidden?: boolean }): Promise<string | null>
  close(): void
}

export function createPrompter(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Prompter {
  let muted = false
  const shown = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!muted) output.write(chunk)
      done()
    },
  })
  const terminal = input.isTTY === true
  const lines = createInterface({ input, output: shown, terminal })
  // While a line is read the terminal hands Ctrl-C over as a key.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  // Lines of a pipe may come before they are asked for: they wait here.
  const waiting: string[] = []
  let next: ((line: string) => void) | null = null
  if (!terminal) {
    lines.on('line', (line) => {
      if (next) next(line)
      else waiting.push(line)
      next = null
    })
    lines.on('close', () => next?.(''))
  }
  return {
    async ask(question, { hidden = false } = {}) {
      if (!terminal) {
        const line = waiting.shift()
        return line ?? new Promise<string>((resolve) => (next = resolve))
      }
      const answer = lines.question(question).catch((error: unknown) => {
        if (error instanceof Error && error.name === 'AbortError') return null
        throw error
      })
      muted = hidden
      const line = await answer
      muted = false
      if (hidden || line === null) output.write('\n')
      return line
    },
    close: () => lines.close(),
  }
}
