import { expect, test } from 'vitest'
import { success } from '../../../../electron/contract/failures.ts'
import { createCloseHandler } from '../../../../electron/desktop/window/close-handler.ts'
import { defaultSettings, type Settings } from '../../../../electron/contract/settings.ts'

function setup(onClose: Settings['onClose'], { tray = true } = {}) {
  const did: string[] = []
  const answers: PromiseWithResolvers<'keep-sending' | 'quit' | null>[] = []
  let current: Settings = { ...defaultSettings, onClose }
  const closing = createCloseHandler({
    window: { hide: () => void did.push('hide'), minimise: () => void did.push('minimise') },
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
    notifyNoTray: () => void did.push('tell'),
    quit: () => void did.push('quit'),
    log: { info() {}, warn() {}, error: (message) => void did.push(message) },
  })
  return { did, answers, closing, onClose: () => current.onClose }
}

test('the first close asks once, and the answer is remembered', async () => {
  const { did, answers, closing, onClose } = setup('ask')
  closing.close()
  closing.close()
  await expect.poll(() => answers.length).toBe(1)
  answers[0]?.resolve('keep-sending')
  await expect.poll(() => did).toEqual(['hide'])
  closing.close()
  await expect.poll(() => did).toEqual(['hide', 'hide'])
  expect([answers.length, onClose()]).toEqual([1, 'keep-sending'])
})

test('a person who changes their mind keeps the window and is asked again', async () => {
  const { did, answers, closing, onClose } = setup('ask')
  closing.close()
  await expect.poll(() => answers.length).toBe(1)
  answers[0]?.resolve(null)
  await expect.poll(() => (closing.close(), answers.length)).toBe(2)
  expect([did, onClose()]).toEqual([[], 'ask'])
})

test('quitting is remembered as well', async () => {
  const { did, answers, closing, onClose } = setup('ask')
  closing.close()
  await expect.poll(() => answers.length).toBe(1)
  answers[0]?.resolve('quit')
  await expect.poll(() => did).toEqual(['quit'])
  expect(onClose()).toBe('quit')
})

test('without a tray the window is minimised, never hidden into nothing', async () => {
  const { did, closing } = setup('keep-sending', { tray: false })
  closing.close()
  await expect.poll(() => did).toEqual(['minimise', 'tell'])
})

test('who was just asked is not told once more that there is no tray', async () => {
  const { did, answers, closing } = setup('ask', { tray: false })
  closing.close()
  await expect.poll(() => answers.length).toBe(1)
  answers[0]?.resolve('keep-sending')
  await expect.poll(() => did).toEqual(['minimise'])
})

test('a dialog that fails leaves the window open and can be tried again', async () => {
  const { did, answers, closing } = setup('ask')
  closing.close()
  await expect.poll(() => answers.length).toBe(1)
  answers[0]?.reject(new Error('no display'))
  await expect.poll(() => did).toEqual(['closing the window failed'])
  closing.close()
  await expect.poll(() => answers.length).toBe(2)
})
