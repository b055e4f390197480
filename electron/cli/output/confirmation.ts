import { visibleText } from '../../contract/visible-text.ts'
import type { Streams } from './output.ts'

/** Asks a yes-or-no question, to which no is the default. Without a terminal the answer is no, and how to confirm is written. */
export async function isConfirmed(question: string, streams: Streams): Promise<boolean> {
  if (!streams.canAsk()) {
    streams.err.line(visibleText(question))
    streams.err.line('To confirm, run the command on a terminal, or with --yes.')
    return false
  }
  const prompt = streams.openPrompt()
  try {
    return isYes(await prompt.ask(visibleText(`${question} [y/N] `)))
  } finally {
    prompt.close()
  }
}

export const isYes = (answer: string | null) => /^\s*(y|yes)\s*$/i.test(answer ?? '')
