import type { SignalSource } from '../interruption.ts'
import type { StandardInput } from '../standard-input.ts'
import type { TerminalStream } from './live-lines.ts'
import type { Streams } from './output.ts'
import { createPasswordPrompt } from './password-prompt.ts'
import { createTextStream } from './text-stream.ts'

/** @param options.input is called when input is read or asked about: opening it would keep the process alive */
export function createStreams({
  input,
  stdout,
  stderr,
  signals,
  terminalType,
}: {
  readonly input: () => StandardInput
  readonly stdout: TerminalStream
  readonly stderr: TerminalStream
  readonly signals: SignalSource
  readonly terminalType?: string | undefined
}): Streams {
  return {
    out: createTextStream(stdout),
    err: createTextStream(stderr),
    terminalType,
    canAsk: () => input().isTTY === true && stderr.isTTY === true,
    openPrompt: () => createPasswordPrompt(input(), stderr, signals),
  }
}
