import { expect, test } from 'vitest'
import { createCloseHandler } from '../../../../electron/desktop/window/close-handler.ts'
import { memorySettings } from '../../../support/memory-settings.ts'

type Answer = 'keep-sending' | 'quit' | null

/** Closes the window once per answer to the question, and returns the stored choice and what was done. */
async function closeWith({ answers, hasTray = true }: { answers: readonly Answer[]; hasTray?: boolean }) {
  const settings = memorySettings()
  const log: string[] = []
  const record = (what: string) => () => void log.push(what)
  for (const answer of answers) {
    const isTrayKnown = Promise.resolve(hasTray)
    const { close } = createCloseHandler({
      window: { hide: record('hidden'), minimise: record('minimised') },
      settings,
      dialogs: {
        async askCloseAction() {
          log.push('asked')
          return answer
        },
      },
      isTrayAvailable: () => isTrayKnown,
      notifyNoTray: record('explained'),
      quit: record('quit'),
      log: { info() {}, warn() {}, error: record('failed') },
    })
    close()
    // Ignored while the first question is open.
    close()
    await new Promise(setImmediate)
  }
  return { log, onClose: settings.current().onClose }
}

test('a cancelled question keeps the window and is asked again', async () => {
  expect(await closeWith({ answers: [null, null] })).toEqual({ log: ['asked', 'asked'], onClose: 'ask' })
})

test('quits when the window is closed, if set to', async () => {
  const { log } = await closeWith({ answers: ['quit', null] })
  expect(log).toEqual(['asked', 'quit', 'quit'])
})

test('minimises the window without a tray, and explains it only when it didn’t ask', async () => {
  const { log } = await closeWith({ answers: ['keep-sending', null], hasTray: false })
  expect(log).toEqual(['asked', 'minimised', 'minimised', 'explained'])
})
