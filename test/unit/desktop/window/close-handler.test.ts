import { expect, test } from 'vitest'
import { success } from '../../../../electron/contract/failures.ts'
import { createCloseHandler } from '../../../../electron/desktop/window/close-handler.ts'
import { defaultSettings, type Settings } from '../../../../electron/contract/settings.ts'

function setup(onClose: Settings['onClose'], { tray = true } = {}) {
  const actions: string[] = []
  const answers: PromiseWithResolvers<'keep-sending' | 'quit' | null>[] = []
  let current: Settings = { ...defaultSettings, onClose }
  const closeHandler = createCloseHandler({
    window: { hide: () => void actions.push('hide'), minimise: () => void actions.push('minimise') },
    settings: {
      current: () => current,
      change(change) {
        current = { ...current, ...change } as Settings
        return success(current)
      },
    },
    dialogs: {
      askCloseAction() {
        const answer = Promise.withResolvers<'keep-sending' | 'quit' | null>()
        answers.push(answer)
        return answer.promise
      },
    },
    isTrayAvailable: async () => tray,
    notifyNoTray: () => void actions.push('tell'),
    quit: () => void actions.push('quit'),
    log: { info() {}, warn() {}, error: (message) => void actions.push(message) },
  })
  return { actions, answers, closeHandler, onClose: () => current.onClose }
}

test('the first close asks once and stores the answer', async () => {
  const { actions, answers, closeHandler, onClose } = setup('ask')
  closeHandler.close()
  closeHandler.close()
  await expect.poll(() => answers.length).toBe(1)
  answers[0]?.resolve('keep-sending')
  await expect.poll(() => actions).toEqual(['hide'])
  closeHandler.close()
  await expect.poll(() => actions).toEqual(['hide', 'hide'])
  expect([answers.length, onClose()]).toEqual([1, 'keep-sending'])
})

test('a cancelled dialog keeps the window open and is shown at the next close', async () => {
  const { actions, answers, closeHandler, onClose } = setup('ask')
  closeHandler.close()
  await expect.poll(() => answers.length).toBe(1)
  answers[0]?.resolve(null)
  await expect.poll(() => (closeHandler.close(), answers.length)).toBe(2)
  expect([actions, onClose()]).toEqual([[], 'ask'])
})

test('the answer to quit is stored', async () => {
  const { actions, answers, closeHandler, onClose } = setup('ask')
  closeHandler.close()
  await expect.poll(() => answers.length).toBe(1)
  answers[0]?.resolve('quit')
  await expect.poll(() => actions).toEqual(['quit'])
  expect(onClose()).toBe('quit')
})

test('the window is minimised instead of hidden when there is no tray', async () => {
  const { actions, closeHandler } = setup('keep-sending', { tray: false })
  closeHandler.close()
  await expect.poll(() => actions).toEqual(['minimise', 'tell'])
})

test('no tray notification follows the dialog, which explains it already', async () => {
  const { actions, answers, closeHandler } = setup('ask', { tray: false })
  closeHandler.close()
  await expect.poll(() => answers.length).toBe(1)
  answers[0]?.resolve('keep-sending')
  await expect.poll(() => actions).toEqual(['minimise'])
})

test('a failed dialog leaves the window open and is shown at the next close', async () => {
  const { actions, answers, closeHandler } = setup('ask')
  closeHandler.close()
  await expect.poll(() => answers.length).toBe(1)
  answers[0]?.reject(new Error('no display'))
  await expect.poll(() => actions).toEqual(['closing the window failed'])
  closeHandler.close()
  await expect.poll(() => answers.length).toBe(2)
})
