import process from 'node:process'
import { visibleText } from '../../contract/visible-text.ts'
import { standardInput } from '../standard-input.ts'
import { createPasswordPrompt } from './password-prompt.ts'
import type { TextStream } from './text-stream.ts'

/** Asks a yes-or-no question, to which no is the default. Without a terminal the answer is no, and the reason is written. */
export async function isConfirmed(question: string, err: TextStream): Promise<boolean> {
  if (standardInput().isTTY !== true) {
    err.line('This needs your confirmation. Run the command on a terminal, or with --yes.')
    return false
  }
  const prompt = createPasswordPrompt(standardInput(), process.stderr)
  try {
    return isYes(await prompt.ask(visibleText(`${question} [y/N] `)))
  } finally {
    prompt.close()
  }
}

export const isYes = (answer: string | null) => /^\s*(y|yes)\s*$/i.test(answer ?? '')
