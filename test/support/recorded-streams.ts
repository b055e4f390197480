import type { Streams } from '../../electron/cli/output/output.ts'
import { createTextStream } from '../../electron/cli/output/text-stream.ts'

/** Streams of a command with the lines that were written to them. */
export function recordedStreams(): {
  readonly streams: Streams
  readonly out: string[]
  readonly err: string[]
} {
  const out: string[] = []
  const err: string[] = []
  const streamTo = (lines: string[]) =>
    createTextStream({ write: (text) => lines.push(...text.split('\n').slice(0, -1)) })
  const streams: Streams = {
    out: streamTo(out),
    err: streamTo(err),
    canAsk: () => false,
    openPrompt() {
      throw new Error('there is no input')
    },
  }
  return { streams, out, err }
}
